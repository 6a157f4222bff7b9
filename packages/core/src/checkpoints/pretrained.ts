/** Model folders as plain values in host memory. */
import { openModelFolder } from './modelFolder';
import type { JsonObject } from './json';
import { writeModelFolder } from './savePretrained';
import { toStored, type HostTensor } from './writeSafetensors';

/** A folder's config (keys in camelCase) and its tensors. */
export interface RawModel {
  config: JsonObject;
  tensors: Record<string, HostTensor>;
}

/** Reads a model folder, whatever it holds. @throws Blip2Error naming the file and tensor at fault. */
export function loadPretrained(dir: string): RawModel {
  const { config, tensors } = openModelFolder(dir);
  const values = [...tensors].map(([name, file]) => {
    return [name, { shape: file.info(name).shape, data: file.float32(name) }] as const;
  });
  return { config, tensors: Object.fromEntries(values) };
}

export function saveRaw(dir: string, { config, tensors }: RawModel): void {
  const stored = Object.entries(tensors).map(([name, tensor]) => [name, toStored(tensor)] as const);
  writeModelFolder(dir, config, new Map(stored));
}
