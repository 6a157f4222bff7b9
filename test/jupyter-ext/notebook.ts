/** A bundle to look at, and notebooks with outputs, as they are saved once their cells have run. */
import {
  ATTENTION_SET_FORMAT,
  attentionBundle,
  type AttentionBundle,
} from '../../packages/core/src/attention';
import type { Rendering } from '../../packages/core/src/notebook/view';
import { shapesWorld } from '../../datasets/src/shapes';

export const LAYERS = [0, 2];
export const HEADS = 4;
export const QUERIES = 16;
const SIDE = 8;

/** A picture of Shapes and made-up attention: each query has a hill of its own, which every head sees a little wider. */
export async function sampleBundle(index = 0): Promise<AttentionBundle> {
  const world = shapesWorld({ train: 8, validation: 8, test: 8 });
  const example = world.splits.test[index];
  const image = { width: world.imageSize, height: world.imageSize, data: world.render(example) };
  const maps = LAYERS.map((layer) => ({
    layer,
    shape: [HEADS, QUERIES, 1 + SIDE ** 2],
    values: hills(layer),
  }));
  return attentionBundle({ image, maps, text: example.captions[0] });
}

/** [H, Q, 1 + P] */
function hills(layer: number): Float32Array {
  const values: number[] = [];
  for (let head = 0; head < HEADS; head++) {
    for (let query = 0; query < QUERIES; query++) {
      const [row, column] = [(query * 3 + layer) % SIDE, (query * 5 + head) % SIDE];
      const width = 2 + head + (query % 3) * 2;
      const patches = Array.from({ length: SIDE ** 2 }, (_, p) =>
        Math.exp(-((Math.floor(p / SIDE) - row) ** 2 + ((p % SIDE) - column) ** 2) / width),
      );
      const cls = (query + 1) / (QUERIES + 4);
      const total = patches.reduce((sum, value) => sum + value, 0);
      values.push(cls, ...patches.map((value) => ((1 - cls) * value) / total));
    }
  }
  return Float32Array.from(values);
}

/** Bundles as files, and the set that names them. */
export function setOf(bundles: readonly AttentionBundle[]) {
  const files = bundles.map((bundle, index) => [`00${index}.attention.json`, bundle] as const);
  const items = files.map(([file], index) => ({ name: `picture ${index}`, file }));
  return { files, set: { format: ATTENTION_SET_FORMAT, title: 'Pictures of Shapes', items } };
}

export const rendering = (data: Rendering['data'], metadata: Rendering['metadata'] = {}): Rendering => ({
  data,
  metadata,
});

/** A notebook whose cells have shown one thing each, and then cells that have not run yet. */
export const notebookOf = (outputs: readonly Rendering[], sources: readonly string[] = []): object => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'tslab', display_name: 'TypeScript (BLIP-2)' } },
  cells: [
    ...outputs.map((output, index) => cell(index, `await show(view${index});`, output)),
    ...sources.map((source, index) => cell(outputs.length + index, source)),
  ],
});

const cell = (index: number, source: string, output?: Rendering) => ({
  id: `cell-${index}`,
  cell_type: 'code',
  execution_count: output ? index + 1 : null,
  metadata: {},
  source,
  outputs: output ? [{ output_type: 'display_data', ...output }] : [],
});
