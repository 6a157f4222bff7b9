/**
 * Table 1 of the paper: what is trained, and what comes of it without fine-tuning. The paper's own models are counted from
 * their configurations; what they can do is measured on Shapes.
 */
import type { FrozenLanguageModel } from '../data';
import { vqaMetric, shapesStage1, stage1, SHAPES_CANDIDATES } from '../recipes';
import { answersOf } from './asking';
import { forEachLanguage, LANGUAGE_NAMES, type Language } from './languages';
import { PAPER_MODELS, stage1Trainable, stage2Parameters } from './paperModels';
import { recallMeasurements, recallMetric } from './recall';
import { atScale } from './scale';
import { captionMeasurements } from './stage2';
import { stage2Inputs, stage2Run } from './stage2Runs';
import type { Measurement, PaperValue, Study, StudyContext } from './study';

const TRAINED = 'trainable parameters, millions';
const ALL = 'all parameters, billions';
const SHARE = 'trainable, percent of all';
const FEWER = 'trainable parameters of Flamingo80B, times these';
const FLAMINGO = 'Flamingo80B';
/** What Flamingo80B trains: new layers between those of its language model, and its resampler. */
const FLAMINGO_TRAINABLE = 10.2e9;

const stage1Arm = (vision: string) => `stage 1, ${vision}`;
const RETRIEVAL = 'stage 1 on Shapes';

export const table1: Study = {
  name: 'table1',
  title: 'What is trained, and what it can do',
  source: 'table 1',
  announcement:
    'The paper’s BLIP-2 trains 188 million parameters, 54 times fewer than Flamingo80B, and without fine-tuning does ' +
    'better in answering, describing and retrieving than models that train more. Here the paper’s models are counted by ' +
    'the shapes of their parameters (stage 2 trains 1 to 3 in a hundred); what such a model can do is measured on Shapes.',
  seconds: { full: 650, short: 500, smoke: 120 },
  inputs: {
    settings: {
      ...stage2Inputs().settings,
      shapesStage1,
      SHAPES_CANDIDATES,
    },
    towers: ['clip-l', 'opt', 't5'],
  },
  async measure(context) {
    const { data, scale } = context;
    const saying = await forEachLanguage(context, LANGUAGE_NAMES, (language, frozen) =>
      zeroShot(context, language, frozen),
    );
    const { model } = await context.run(stage1({ ...atScale(scale, shapesStage1), data }));
    return [...parameterCounts(), ...saying, ...(await recallMeasurements(RETRIEVAL, model, data.test))];
  },
  // A count is no finding, and what the models can do is held against chance in the studies of each stage.
  claims: [],
  paper: [
    ...paperRow(stage1Arm('ViT-g'), { [TRAINED]: 188, [FEWER]: 54 }),
    ...paperRow(FLAMINGO, { [TRAINED]: 10_200, [ALL]: 80, [vqaMetric()]: 56.3 }),
    ...paperRow('BLIP', {
      [TRAINED]: 583,
      CIDEr: 113.2,
      [retrieved('image→text')]: 96.7,
      [retrieved('text→image')]: 86.7,
    }),
    ...paperRow('SimVLM', { [TRAINED]: 1400, CIDEr: 112.2 }),
    ...paperRow('BEIT-3', {
      [TRAINED]: 1900,
      [retrieved('image→text')]: 94.9,
      [retrieved('text→image')]: 81.5,
    }),
    ...paperRow('BLIP-2', {
      [vqaMetric()]: 65.0,
      CIDEr: 121.6,
      [retrieved('image→text')]: 97.6,
      [retrieved('text→image')]: 89.7,
    }),
    ...[
      [104, 3.1],
      [107, 3.8],
      [108, 7.8],
      [103, 3.4],
      [107, 4.1],
      [108, 12.1],
    ].flatMap(([trained, all], row) =>
      paperRow(armOf(PAPER_MODELS[row]), { [TRAINED]: trained, [ALL]: all }),
    ),
  ],
};

function armOf({ vision, language }: (typeof PAPER_MODELS)[number]): string {
  return `${vision}, ${language}`;
}

function retrieved(direction: string): string {
  return recallMetric({ what: `R@1 ${direction}`, ranking: 'ITM' });
}

function paperRow(arm: string, values: Record<string, number>): PaperValue[] {
  return Object.entries(values).map(([metric, value]) => ({ arm, metric, value }));
}

/** Of the paper's models: the same for every seed. */
export function parameterCounts(): Measurement[] {
  const trained = (arm: string, count: number): Measurement[] => [
    { arm, metric: TRAINED, value: count / 1e6 },
    { arm, metric: FEWER, value: FLAMINGO_TRAINABLE / count },
  ];
  return [
    ...(['ViT-L', 'ViT-g'] as const).flatMap((vision) => trained(stage1Arm(vision), stage1Trainable(vision))),
    ...PAPER_MODELS.flatMap((model) => {
      const { trainable, total } = stage2Parameters(model.vision, model.language);
      const arm = armOf(model);
      return [
        ...trained(arm, trainable),
        { arm, metric: ALL, value: total / 1e9 },
        { arm, metric: SHARE, value: (100 * trainable) / total },
      ];
    }),
  ];
}

/** Answers and captions of one language model on Shapes, from the runs of figure 5. */
async function zeroShot(
  context: StudyContext,
  language: Language,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const { model } = await stage2Run(context, frozen, { withStage1: true });
  const answers = await answersOf(context, language, model);
  const captions = await captionMeasurements(context, language, model);
  model.dispose();
  return [...answers, ...captions];
}
