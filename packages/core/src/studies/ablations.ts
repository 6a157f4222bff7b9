/**
 * What section 3 of the paper decides in passing: which block of the vision tower is read, in what type the frozen tower
 * is stored, what the Q-Former starts from. One stage-1 run each, all else the same.
 */
import { loadVisionTower, type VisionTowerOptions } from '../data';
import { SHAPES_CANDIDATES, shapesStage1, stage1, STAGE1_RATES } from '../recipes';
import { BOTH_WAYS, recallMeasurements, recallMetric } from './recall';
import { atScale } from './scale';
import type { Measurement, Study, StudyContext } from './study';

/** The run that all others differ from in one thing: it is an arm of each comparison. */
const BASE = ['second-to-last block', 'tower in float32', 'random initialisation'];
const LAST = 'last block';
const HALF = 'tower in 16 bit';
const BERT = 'BERT initialisation';

export const ablations: Study = {
  name: 'ablations',
  title: 'Layer, precision, initialisation',
  source: 'sections 3.1 and 3.4',
  announcement:
    'The paper reads the second-to-last block of the vision tower (“slightly better”), stores the frozen tower in 16 bit ' +
    '(“no performance degradation”), and starts the Q-Former from BERT. Here each choice is changed by itself, and ' +
    'retrieval measured.',
  seconds: { full: 800, short: 300, smoke: 100 },
  inputs: {
    settings: {
      shapesStage1,
      rates: { base: STAGE1_RATES.base, lastBlock: STAGE1_RATES.lastBlock, bert: STAGE1_RATES.bert },
      SHAPES_CANDIDATES,
    },
    towers: ['clip-l', 'bert'],
  },
  async measure(context) {
    const measurements: Measurement[] = [];
    const measure = async (arms: readonly string[], changes: Changes = {}) => {
      const [first, ...others] = arms;
      const measured = await retrievalOf(context, first, changes);
      measurements.push(...measured, ...others.flatMap((arm) => measured.map((one) => ({ ...one, arm }))));
    };
    await measure(BASE);
    await measure([LAST], { tower: { visionFeatureLayer: -1 }, learningRate: STAGE1_RATES.lastBlock });
    await measure([HALF], { tower: { dtype: 'float16' } });
    await measure([BERT], { bert: context.data.bertDir, learningRate: STAGE1_RATES.bert });
    return measurements;
  },
  // None of the blocks: Shapes' tower was taught to say what each patch shows at its second-to-last (recipes/shapes/clip).
  claims: [
    {
      text: 'A Q-Former that starts from BERT retrieves better than one that starts from random weights.',
      metric: recallMetric({ what: BOTH_WAYS, ranking: 'ITM' }),
      better: BERT,
      worse: BASE[2],
    },
  ],
  paper: [],
};

interface Changes {
  tower?: VisionTowerOptions;
  bert?: string;
  learningRate?: number;
}

async function retrievalOf(
  context: StudyContext,
  arm: string,
  { tower: options, bert, learningRate = STAGE1_RATES.base }: Changes,
): Promise<Measurement[]> {
  const { data, scale } = context;
  const tower = options && loadVisionTower(data.visionDir, options);
  const initialise = bert === undefined ? undefined : { bert };
  const settings = { ...atScale(scale, shapesStage1), data, tower, initialise, learningRate };
  try {
    const { model } = await context.run(stage1(settings));
    return await recallMeasurements(arm, model, data.test);
  } finally {
    tower?.dispose();
  }
}
