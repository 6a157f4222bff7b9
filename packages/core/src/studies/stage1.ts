/** Stage 1 (sections 3.2 and 4.4): what the Q-Former can retrieve, by ITC alone and re-ranked by ITM. */
import { evaluateSwaps, type RetrievalModel } from '../evaluate';
import { SHAPES_CANDIDATES, shapesStage1, stage1 } from '../recipes';
import { BOTH_WAYS, recalls, truthMetric, type Ranking } from './recall';
import { atScale } from './scale';
import type { Measurement, Study, StudyContext } from './study';
import { untrained } from './untrained';

const armOf = (ranking: Ranking, isTrained: boolean) => `${isTrained ? '' : 'untrained, '}by ${ranking}`;
const swapMetric = (swap: string) => `true caption above one with another ${swap}`;

export const stage1Study: Study = {
  name: 'stage1',
  title: 'What stage 1 learns',
  source: 'sections 3.2 and 4.4',
  announcement:
    'A Q-Former looks for the captions of pictures, and for the pictures of captions: by comparing vectors (ITC), and by ' +
    'reading the best candidates together with the picture (ITM), as the paper does it. Measured: how often what it puts ' +
    'first is right, trained and untrained, and whether it tells captions from ones with a word changed.',
  seconds: { full: 250, short: 60, smoke: 40 },
  inputs: { settings: { shapesStage1, SHAPES_CANDIDATES }, towers: ['clip-l'] },
  async measure(context) {
    const { data, scale } = context;
    const recipe = stage1({ ...atScale(scale, shapesStage1), data });
    const { model } = await context.run(recipe);
    return [
      ...(await measurementsOf(context, model, true)),
      ...(await measurementsOf(context, await untrained(context, recipe), false)),
    ];
  },
  claims: [false, true].map((byTruth) => ({
    text: `Re-ranked by ITM, more is found than by ITC alone${byTruth ? ', where every true caption counts' : ''}.`,
    metric: truthMetric({ what: BOTH_WAYS, byTruth }),
    better: armOf('ITM', true),
    worse: armOf('ITC', true),
  })),
  paper: [],
};

async function measurementsOf(
  { data }: StudyContext,
  model: RetrievalModel,
  isTrained: boolean,
): Promise<Measurement[]> {
  const recall = (await recalls(model, data.test)).map((one) => ({
    arm: armOf(one.ranking, isTrained),
    metric: truthMetric(one),
    value: one.value,
  }));
  const swaps = (await evaluateSwaps(model, data.test)).flatMap(({ swap, itc, itm }) => [
    { arm: armOf('ITC', isTrained), metric: swapMetric(swap), value: itc },
    { arm: armOf('ITM', isTrained), metric: swapMetric(swap), value: itm },
  ]);
  return [...recall, ...swaps];
}
