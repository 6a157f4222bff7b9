/** Model folders of a published shape with random weights, written without ever holding a whole model. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { configToDisk } from '../packages/core/src/checkpoints';
import { byteSize } from '../packages/core/src/checkpoints/dtypes';
import { writeWeights } from '../packages/core/src/checkpoints/shards';
import type { StoredTensor } from '../packages/core/src/checkpoints/writeSafetensors';
import { writeImageProcessor } from '../packages/core/src/inference';
import { CLIP_MEAN, CLIP_STD } from '../packages/core/src/image';
import type { RandomModel } from './models';

/** What weights are stored as. */
export type StoredAs = 'F16' | 'F32';

let state = 1;
/** A prime: no two rows of a table are the same numbers. */
const LENGTH = 1_048_573;
/** Drawn once, larger tensors repeat it: below ±2⁻⁶. Weights of norms are 1, their biases 0. */
const DRAWN = {
  F16: Uint16Array.from({ length: LENGTH }, () => {
    return (drawn() < 0.5 ? 0x8000 : 0) | (0x2000 + Math.floor(drawn() * 0x400));
  }),
  F32: Float32Array.from({ length: LENGTH }, () => (drawn() - 0.5) / 32),
};
const ONE = { F16: 0x3c00, F32: 1 };

/** In [0, 1), the same in every run: what is written with the weights is, too. */
function drawn(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** @param index of the tensor in its model: no two begin with the same numbers */
function randomTensor(name: string, shape: readonly number[], dtype: StoredAs, index: number): StoredTensor {
  const isNorm = /norm/i.test(name);
  const bytes = () => {
    const { buffer } = new Uint8Array(byteSize(dtype, shape));
    const values = dtype === 'F16' ? new Uint16Array(buffer) : new Float32Array(buffer);
    if (isNorm) values.fill(name.endsWith('weight') ? ONE[dtype] : 0);
    else fill(values, DRAWN[dtype], (index * 104_729) % LENGTH);
    return new Uint8Array(buffer);
  };
  return { dtype, shape, bytes };
}

function fill(
  values: Uint16Array | Float32Array,
  numbers: ArrayLike<number> & { subarray(a: number, b: number): ArrayLike<number> },
  first: number,
): void {
  for (let at = 0, from = first; at < values.length; at += LENGTH - from, from = 0) {
    values.set(numbers.subarray(from, from + values.length - at), at);
  }
}

/** A folder that both sides load: weights, config.json, image processor, a small tokenizer. */
export function writeRandomFolder(dir: string, model: RandomModel, storedAs: StoredAs): void {
  const { specs, config, tokenizer, imageSize } = model;
  const tensors = Object.entries(specs).map(
    ([name, { shape }], index) => [name, randomTensor(name, shape, storedAs, index)] as const,
  );
  mkdirSync(dir, { recursive: true });
  writeWeights(dir, new Map(tensors), 5e9);
  const dtype = storedAs === 'F16' ? 'float16' : 'float32';
  writeFileSync(join(dir, 'config.json'), JSON.stringify(configToDisk({ ...config, dtype })));
  writeImageProcessor(dir, { size: imageSize, mean: [...CLIP_MEAN], std: [...CLIP_STD] });
  cpSync(join(shapesDirectory, tokenizer), dir, { recursive: true });
}
