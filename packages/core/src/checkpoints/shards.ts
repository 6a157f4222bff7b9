/** Weights in one file, or in several with an index, as Hugging Face lays them out. */
import { join } from 'node:path';
import { byteSize } from './dtypes';
import { writeFileAtomic } from './files';
import { INDEX, WEIGHTS } from './modelFolder';
import { safetensorsChunks, type StoredTensor } from './writeSafetensors';

type Tensors = Map<string, StoredTensor>;

const sizeOf = ({ dtype, shape }: StoredTensor): number => byteSize(dtype, shape);

/** Tensors in their order, cut before a file's exceed `maxSize`; a larger tensor has a file of its own. */
export function planShards(tensors: Tensors, maxSize: number): Map<string, Tensors> {
  const parts = [new Map<string, StoredTensor>()];
  let size = 0;
  for (const [name, tensor] of tensors) {
    if (size > 0 && size + sizeOf(tensor) > maxSize) {
      parts.push(new Map());
      size = 0;
    }
    parts.at(-1)!.set(name, tensor);
    size += sizeOf(tensor);
  }
  if (parts.length === 1) return new Map([[WEIGHTS, parts[0]]]);
  const five = (number: number) => String(number).padStart(5, '0');
  return new Map(parts.map((part, i) => [`model-${five(i + 1)}-of-${five(parts.length)}.safetensors`, part]));
}

/** Writes files of weights, and the index where there are several. */
export function writeWeights(dir: string, tensors: Tensors, maxShardSize: number): void {
  const shards = planShards(tensors, maxShardSize);
  for (const [file, part] of shards) {
    writeFileAtomic(join(dir, file), safetensorsChunks(part, { format: 'pt' }));
  }
  if (shards.size === 1) return;
  const places = [...shards].flatMap(([file, part]) => [...part.keys()].map((name) => [name, file] as const));
  const all = [...tensors.values()];
  const index = {
    metadata: {
      total_parameters: all.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      total_size: all.reduce((sum, tensor) => sum + sizeOf(tensor), 0),
    },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  writeFileAtomic(join(dir, INDEX), [`${JSON.stringify(index, null, 2)}\n`]);
}
