/** Attention bundles with everything that the format has, made up: of a paper's size, or small. H, Q, P, T as everywhere. */
import { shapesWorld } from '../../datasets/src/shapes';
import { encodePng } from '../../packages/core/src/image';
import { ATTENTION_FORMAT } from '../../packages/jupyter-ext/src/attention';

/** How large, and what is in it. */
export interface SampleSize {
  layers?: number[];
  heads?: number;
  queries?: number;
  side?: number;
  isQuantised?: boolean;
  /** Gradients, rollout, tokens and what was written. */
  isFull?: boolean;
  /** Pixels for each of the world's. */
  scale?: number;
}

export const PAPER: SampleSize = {
  layers: [0, 2, 4, 6, 8, 10],
  heads: 12,
  queries: 32,
  side: 16,
  isQuantised: true,
  isFull: true,
  scale: 8,
};

export const SET_FORMAT = 'application/vnd.blip2.attention-set.v1+json';

/** The JSON of a bundle; other numbers and another picture for each index. */
export async function sample(index = 0, size: SampleSize = {}): Promise<Record<string, unknown>> {
  const { layers = [0, 2], heads = 4, queries = 8, side = 4, isQuantised = false, scale = 1 } = size;
  const world = shapesWorld({ train: 8, validation: 8, test: 8 });
  const example = world.splits.test[index % 8];
  const pixels = world.imageSize * scale;
  const { png, width, height } = await encodePng({
    width: pixels,
    height: pixels,
    data: world.render(example, scale),
  });
  const random = numbers(index + 1);
  const pack = (values: number[], rows: number, key = 'heat') =>
    isQuantised ? quantised(values, rows, key) : { [key]: floats(values) };
  const maps = (rows: number, shift: number, factor = 1) => {
    const { heat, cls } = hills(rows, queries, side, shift + index, random);
    return {
      ...pack(
        heat.map((value) => value * factor),
        rows,
      ),
      cls: floats(cls.map((value) => value * factor)),
    };
  };
  const reader = (own: number[], rows: number) =>
    own.map((layer) => ({ layer, ...pack(readings(rows, queries, random), rows, 'toQueries') }));
  const text = example.captions[0].split(' ');
  const written = ['a', ...text.slice(1), '.'];
  return {
    format: ATTENTION_FORMAT,
    image: { url: `data:image/png;base64,${png.toString('base64')}`, width, height },
    grid: { rows: side, columns: side },
    heads,
    queries,
    layers: layers.map((layer) => ({ layer, ...maps(heads * queries, layer) })),
    text: example.captions[0],
    ...(size.isFull && {
      gradients: layers.map((layer) => ({ layer, ...maps(heads * queries, layer + 3, 0.004) })),
      gradientOf: 'ITM score of the text',
      rollout: { ...maps(queries, 1) },
      tokens: { text: ['[CLS]', ...text], layers: reader(layers, heads * (text.length + 1)) },
      generated: {
        prompt: 'a photo of',
        tokens: written,
        heads: 8,
        layers: reader([0, 11, 23], 8 * written.length),
      },
    }),
  };
}

export const floats = (values: readonly number[]): string =>
  Buffer.from(Float32Array.from(values).buffer).toString('base64');

/** As the format says: value = uint8 · scale / 255, a scale for each row. */
export function quantised(values: readonly number[], rows: number, key: string): Record<string, string> {
  const width = values.length / rows;
  const scale = Array.from({ length: rows }, (_, row) =>
    Math.max(...values.slice(row * width, (row + 1) * width)),
  );
  const bytes = values.map((value, i) => {
    const most = scale[Math.floor(i / width)];
    return most > 0 ? Math.round((255 * value) / most) : 0;
  });
  return { [key]: Buffer.from(bytes).toString('base64'), scale: floats(scale) };
}

/** Each query has a hill of its own, which every head sees a little wider. */
function hills(rows: number, queries: number, side: number, shift: number, random: () => number) {
  const [heat, cls]: number[][] = [[], []];
  const places = Array.from({ length: queries }, () => [random() * side, random() * side, random()]);
  for (let row = 0; row < rows; row++) {
    const [y, x, spread] = places[row % queries];
    const head = Math.floor(row / queries);
    const width = (0.02 + 0.25 * spread * spread) * side * side * (0.5 + head / 8);
    const patches = Array.from({ length: side * side }, (_, p) => {
      const [dy, dx] = [Math.floor(p / side) + 0.5 - y, (p % side) + 0.5 - x - (shift % 3) / 2];
      return 0.02 + 0.02 * random() + Math.exp(-(dy * dy + dx * dx) / width);
    });
    const own = 0.05 + 0.6 * random() * spread;
    const total = patches.reduce((sum, value) => sum + value, 0);
    cls.push(own);
    heat.push(...patches.map((value) => ((1 - own) * value) / total));
  }
  return { heat, cls };
}

/** Each token reads a few queries; the rest of its attention is on other tokens. */
function readings(rows: number, queries: number, random: () => number): number[] {
  return Array.from({ length: rows }, () => {
    const values = Array.from({ length: queries }, () => random() ** 8);
    const total = values.reduce((sum, value) => sum + value, 0.5);
    return values.map((value) => value / total);
  }).flat();
}

/** The same numbers from 0 to 1 for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
