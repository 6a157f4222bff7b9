/**
 * Table 4 of the paper: VQA, fine-tuned with the image encoder, answers written freely. The question stands beside the
 * queries (figure 7), so that they read what is asked for: against fine-tuning without that, and against none. And how
 * far the question moves the queries: to the object that is asked about.
 */
import { FINETUNING_LOOP, shapesVqa, vqa, VQA_RATES, vqaMetric, type FinetunedModel } from '../recipes';
import type { FrozenLanguageModel } from '../data';
import type { VqaModel } from '../evaluate';
import { answersOf, blindAnswers, majority } from './asking';
import { forEachLanguage, LANGUAGE_NAMES, type Language } from './languages';
import { timesChance } from './objectAttention';
import { atScale } from './scale';
import { stage1Before, stage2Inputs, stage2Run } from './stage2Runs';
import { mean } from './statistics';
import type { Measurement, PaperValue, Scale, Study, StudyContext } from './study';

/** So many pictures are looked at with two questions each. */
const LOOKED_AT: Record<Scale, number> = { full: 200, short: 100, smoke: 8 };
const ON_OBJECT = 'attention on an object, times chance';

const ZERO_SHOT = 'not fine-tuned';
const PLAIN = 'fine-tuned';
const BESIDE = 'fine-tuned, question beside the queries';
const armOf = (language: Language, how: string) => `${language}, ${how}`;
const ASKED = 'asked about it';
const OTHER = 'asked about another';

export const table4: Study = {
  name: 'table4',
  title: 'Answers after fine-tuning, the question beside the queries',
  source: 'table 4 and figure 7, section 4.3',
  announcement:
    'The model is fine-tuned on questions, image encoder included; in the paper the question stands beside the queries, to ' +
    'guide them to what is asked about. Measured: what it answers before and after, with and without the question there, ' +
    'and where the queries look. Answers are written freely. The paper’s numbers are of VQAv2 (test-dev).',
  seconds: { full: 1200, short: 500, smoke: 150 },
  inputs: {
    settings: { ...stage2Inputs().settings, FINETUNING_LOOP, VQA_RATES },
    towers: stage2Inputs().towers,
  },
  async measure(context) {
    const answers = await forEachLanguage(context, LANGUAGE_NAMES, (language, frozen) =>
      answered(context, language, frozen),
    );
    return [...majority(context), ...answers];
  },
  claims: LANGUAGE_NAMES.flatMap((language) => [
    {
      text: `Fine-tuned, ${language} answers more questions than zero-shot.`,
      metric: vqaMetric(),
      better: armOf(language, BESIDE),
      worse: armOf(language, ZERO_SHOT),
      paper: { says: 'higher', where: 'tables 2 and 4' },
    },
    {
      text: `With the question beside the queries, ${language} answers more than with the question after them alone.`,
      metric: vqaMetric(),
      better: armOf(language, BESIDE),
      worse: armOf(language, PLAIN),
    },
    {
      text: `A question moves the queries in front of ${language} to the object that it is about.`,
      metric: ON_OBJECT,
      better: armOf(language, ASKED),
      worse: armOf(language, OTHER),
      paper: { says: 'can guide them', where: 'section 4.3' },
    },
  ]),
  paper: [...paperRow('OPT', 52.3, 81.59), ...paperRow('FlanT5', 63.0, 81.55)],
};

async function answered(
  context: StudyContext,
  language: Language,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const { data, scale } = context;
  const ask = (how: string, model: VqaModel) => answersOf(context, armOf(language, how), model);
  const from = await stage2Run(context, frozen, { withStage1: true });
  const before = await stage1Before(context);
  const measurements = [
    ...(await blindAnswers(context, language, frozen)),
    ...(await ask(ZERO_SHOT, from.model)),
  ];
  for (const stage1 of [undefined, before]) {
    const settings = atScale(scale, shapesVqa({ from, stage1 }));
    const { model } = await context.run(vqa({ ...settings, data, from, stage1 }));
    measurements.push(...(await ask(stage1 ? BESIDE : PLAIN, model)));
    if (stage1) measurements.push(...(await moved(context, language, model)));
    model.dispose();
  }
  from.model.dispose();
  return measurements;
}

/** How much the queries look at the first object of each picture, asked about it and about another. */
async function moved(
  { data, scale }: StudyContext,
  language: Language,
  model: FinetunedModel,
): Promise<Measurement[]> {
  const { test, world } = data;
  const pictures = Array.from({ length: Math.min(LOOKED_AT[scale], test.size) }, (_, i) => i);
  const shares = async (object: number): Promise<number> => {
    const questions = pictures.map((picture) => {
      const { shape } = world.splits.test[picture].scene.objects[object];
      return `what color is the ${shape}?`;
    });
    const layers = await model.crossAttention(test, pictures, questions);
    return mean(layers.map((map) => mean(timesChance(map, pictures, data, 0).map(mean))));
  };
  const of = (how: string, value: number) => ({ arm: armOf(language, how), metric: ON_OBJECT, value });
  return [of(ASKED, await shares(0)), of(OTHER, await shares(1))];
}

/** Zero-shot (table 2) and fine-tuned. */
function paperRow(language: Language, zeroShot: number, finetuned: number): PaperValue[] {
  const of = (how: string, value: number) => ({ arm: armOf(language, how), metric: vqaMetric(), value });
  return [of(ZERO_SHOT, zeroShot), of(BESIDE, finetuned)];
}
