/** Where the queries look, after stage 1 and before its first step. */
import { shapesStage1, stage1, type Stage1Model } from '../recipes';
import { timesChance } from './objectAttention';
import { atScale } from './scale';
import { mean } from './statistics';
import type { Measurement, Study, StudyContext } from './study';
import { untrained } from './untrained';

const PICTURES = 200;
const TRAINED = 'trained';
const UNTRAINED = 'untrained';
const OVER_CHANCE = 'attention on objects, times chance';

export const attention: Study = {
  name: 'attention',
  title: 'What the queries look at',
  source: 'section 3.2',
  announcement:
    'Nothing tells the queries where the objects are. Measured: how much of their attention falls on objects, over what ' +
    'it would be by chance, after stage 1 and without training. The paper shows no such numbers.',
  seconds: { full: 240, short: 220, smoke: 30 },
  inputs: { settings: { shapesStage1 }, towers: ['clip-l'] },
  async measure(context) {
    const { scale, data } = context;
    const recipe = stage1({ ...atScale(scale, shapesStage1), data });
    const trained = await context.run(recipe);
    return [
      ...(await sharesOf(TRAINED, trained.model, context)),
      ...(await sharesOf(UNTRAINED, await untrained(context, recipe), context)),
    ];
  },
  claims: [
    {
      text: 'Stage 1 teaches the queries to look at the objects.',
      metric: OVER_CHANCE,
      better: TRAINED,
      worse: UNTRAINED,
    },
  ],
  paper: [],
};

/** Of test pictures: over all, by layer, and by query of each layer. */
async function sharesOf(arm: string, model: Stage1Model, { data }: StudyContext): Promise<Measurement[]> {
  const indices = Array.from({ length: Math.min(PICTURES, data.test.size) }, (_, index) => index);
  const maps = await model.crossAttention(data.test, indices);
  const layers = maps.map((map) => ({
    layer: map.layer,
    byQuery: overPictures(timesChance(map, indices, data)),
  }));
  const of = (place: string, value: number) => ({ arm, metric: `${OVER_CHANCE}${place}`, value });
  return [
    of('', mean(layers.map(({ byQuery }) => mean(byQuery)))),
    ...layers.flatMap(({ layer, byQuery }) => [
      of(`, layer ${layer}`, mean(byQuery)),
      ...byQuery.map((value, query) => of(`, layer ${layer}, query ${query}`, value)),
    ]),
  ];
}

/** @param byPicture a number for each query of each picture */
const overPictures = (byPicture: readonly (readonly number[])[]): number[] =>
  byPicture[0].map((_, query) => mean(byPicture.map((queries) => queries[query])));
