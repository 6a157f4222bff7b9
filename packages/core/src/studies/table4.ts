/**
 * Table 4 of the paper: VQA, fine-tuned with the image encoder, answers written freely. The question stands beside the
 * queries (figure 7), so that they read what is asked for: against fine-tuning without that, and against none. And how
 * far the question moves the queries: to the object that is asked about.
 * H heads, Q queries, P patches.
 */
import { chance, patchesOn, shareOn } from '../attention';
import { blindModel, majorityAnswers } from '../evaluate';
import { FINETUNING_LOOP, shapesVqa, vqa, VQA_RATES, vqaMetric, type FinetunedModel } from '../recipes';
import type { FrozenLanguageModel } from '../data';
import { accuracies, askTest, testPictures } from './asking';
import { atScale } from './scale';
import { LANGUAGES, languageOf, stage1Before, stage2Inputs, stage2Run, type Language } from './stage2Runs';
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
    'Fine-tuned on questions, image encoder included, the model answers more of them; with the question beside the ' +
    'queries they look at what is asked about. Answers are written freely. The paper’s numbers are of VQAv2 (test-dev).',
  seconds: { full: 1200, short: 500, smoke: 150 },
  inputs: {
    settings: { ...stage2Inputs('short').settings, FINETUNING_LOOP, VQA_RATES },
    towers: stage2Inputs('short').towers,
  },
  async measure(context) {
    const { train, test } = context.data;
    const measurements: Measurement[] = [
      ...accuracies('most frequent answer', majorityAnswers(train, test, testPictures(context))),
    ];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const frozen = languageOf(context, language);
      try {
        measurements.push(...(await answered(context, language, frozen)));
      } finally {
        frozen.dispose();
      }
    }
    return measurements;
  },
  claims: (Object.keys(LANGUAGES) as Language[]).flatMap((language) => [
    {
      text: `Fine-tuned, ${language} answers more questions than zero-shot.`,
      metric: vqaMetric(),
      better: armOf(language, BESIDE),
      worse: armOf(language, ZERO_SHOT),
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
    },
  ]),
  paper: [paperValue('OPT', 81.59), paperValue('FlanT5', 81.55)],
};

async function answered(
  context: StudyContext,
  language: Language,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const { data, scale } = context;
  const ask = async (how: string, model: Parameters<typeof askTest>[1]) =>
    accuracies(armOf(language, how), await askTest(context, model));
  const from = await stage2Run(context, frozen, { withStage1: true, captions: 'short' });
  const before = await stage1Before(context, 'short');
  const measurements = [
    ...(await ask('question alone', blindModel(frozen))),
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

/** How much the queries look at one object of each picture, asked about it and about another. */
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
    return mean(layers.map(({ shape, values }) => mean(pictures.map((_, row) => share(shape, values, row)))));
  };
  /** Of the first object, over what it would be if they looked anywhere alike. @param values [pictures, H, Q, 1 + P] */
  const share = ([, heads, queries, tokens]: number[], values: Float32Array, row: number): number => {
    const side = Math.sqrt(tokens - 1);
    const grid = { rows: side, columns: side };
    const mask = world.mask(world.splits.test[pictures[row]]).map((object) => Number(object === 1));
    const patches = patchesOn({ width: world.imageSize, height: world.imageSize, data: mask }, grid);
    const looks = Array.from({ length: heads * queries }, (_, i) => {
      const at = (row * heads * queries + i) * tokens;
      // The class token, which comes first, is no place in the picture.
      return shareOn({ ...grid, values: values.subarray(at + 1, at + tokens) }, patches);
    });
    return mean(looks) / chance(patches);
  };
  const of = (how: string, value: number) => ({ arm: armOf(language, how), metric: ON_OBJECT, value });
  return [of(ASKED, await shares(0)), of(OTHER, await shares(1))];
}

function paperValue(language: Language, value: number): PaperValue {
  return { arm: armOf(language, BESIDE), metric: vqaMetric(), value };
}
