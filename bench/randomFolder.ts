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

const LENGTH = 1 << 20;
/** Drawn once, larger tensors repeat it: below ±2⁻⁶. Those of norms are 1. */
const DRAWN = {
  F16: Uint16Array.from({ length: LENGTH }, () => {
    return (Math.random() < 0.5 ? 0x8000 : 0) | (0x2000 + Math.floor(Math.random() * 0x400));
  }),
  F32: Float32Array.from({ length: LENGTH }, () => (Math.random() - 0.5) / 32),
};
const ONE = { F16: 0x3c00, F32: 1 };

function randomTensor(name: string, shape: readonly number[], dtype: StoredAs): StoredTensor {
  const isNorm = /norm/i.test(name) && name.endsWith('weight');
  const bytes = () => {
    const { buffer } = new Uint8Array(byteSize(dtype, shape));
    const values = dtype === 'F16' ? new Uint16Array(buffer) : new Float32Array(buffer);
    if (isNorm) values.fill(ONE[dtype]);
    for (let at = 0; at < values.length && !isNorm; at += LENGTH) {
      values.set(DRAWN[dtype].subarray(0, values.length - at), at);
    }
    return new Uint8Array(buffer);
  };
  return { dtype, shape, bytes };
}

/** A folder that both sides load: weights, config.json, image processor, a small tokenizer. */
export function writeRandomFolder(dir: string, model: RandomModel, storedAs: StoredAs): void {
  const { specs, config, tokenizer, imageSize } = model;
  const tensors = Object.entries(specs).map(
    ([name, { shape }]) => [name, randomTensor(name, shape, storedAs)] as const,
  );
  mkdirSync(dir, { recursive: true });
  writeWeights(dir, new Map(tensors), 5e9);
  const dtype = storedAs === 'F16' ? 'float16' : 'float32';
  writeFileSync(join(dir, 'config.json'), JSON.stringify(configToDisk({ ...config, dtype })));
  writeImageProcessor(dir, { size: imageSize, mean: [...CLIP_MEAN], std: [...CLIP_STD] });
  cpSync(join(shapesDirectory, tokenizer), dir, { recursive: true });
}
