/**
 * Where the queries look: the share of their attention that falls on patches with objects, over what it would be if they
 * looked anywhere alike. H heads, Q queries, P patches.
 */
import { chance, patchesOn, shareOn } from '../attention';
import { shapesStage1, stage1, type CrossAttention, type Stage1Model } from '../recipes';
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
    'Nothing tells the queries where the objects are. After stage 1 they look at them more than at the background, each ' +
    'at its own; without training they look everywhere alike.',
  seconds: { full: 240, short: 90, smoke: 30 },
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
  const layers = maps.map((map) => ({ layer: map.layer, byQuery: timesChance(map, indices, data) }));
  const of = (place: string, value: number) => ({ arm, metric: `${OVER_CHANCE}${place}`, value });
  return [
    of('', mean(layers.map(({ byQuery }) => mean(byQuery)))),
    ...layers.flatMap(({ layer, byQuery }) => [
      of(`, layer ${layer}`, mean(byQuery)),
      ...byQuery.map((value, query) => of(`, layer ${layer}, query ${query}`, value)),
    ]),
  ];
}

/** Mean over pictures of share / chance, one number per query. @param map [pictures, H, Q, 1 + P] */
function timesChance(
  { shape, values }: CrossAttention,
  indices: readonly number[],
  { world }: StudyContext['data'],
): number[] {
  const [, heads, queries, tokens] = shape;
  const side = Math.sqrt(tokens - 1);
  const grid = { rows: side, columns: side };
  const sums = new Float64Array(queries);
  for (const [row, index] of indices.entries()) {
    const data = world.mask(world.splits.test[index]);
    const objects = patchesOn({ width: world.imageSize, height: world.imageSize, data }, grid);
    for (let query = 0; query < queries; query++) {
      const shares = Array.from({ length: heads }, (_, head) => {
        const at = ((row * heads + head) * queries + query) * tokens;
        // The class token, which comes first, is no place in the picture.
        return shareOn({ ...grid, values: values.subarray(at + 1, at + tokens) }, objects);
      });
      sums[query] += mean(shares) / chance(objects);
    }
  }
  return Array.from(sums, (sum) => sum / indices.length);
}
