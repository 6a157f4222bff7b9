/**
 * What Hugging Face's layout has no place for, in a file of ours beside the model: `lavis.safetensors`. It holds tensors
 * under the names that they had (`temp`, the Q-Former's language head, blocks that are not run), which names were tied,
 * and the order of all: so a checkpoint comes back as it was.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { writeFileAtomic } from './files';
import { parseJsonObject } from './json';
import { SafetensorsFile } from './safetensors';
import { storedIn } from './storedTensors';
import { FETCH_AGAIN } from './tensorFile';
import { safetensorsChunks, type StoredTensor } from './writeSafetensors';

export const EXTRAS = 'lavis.safetensors';

export interface Extras {
  tensors: Map<string, StoredTensor>;
  names: z.output<typeof schema>;
}

const schema = z.object({
  /** Name → the one whose values it has. */
  aliases: z.record(z.string(), z.string()).default({}),
  /** All names, as they were ordered. */
  order: z.array(z.string()).default([]),
});

export function writeExtras(dir: string, { tensors, names }: Extras): void {
  const metadata = { format: 'blip2.lavis.v1', names: JSON.stringify(names) };
  writeFileAtomic(join(dir, EXTRAS), safetensorsChunks(tensors, metadata));
}

/** Of a folder that a checkpoint was converted to; nothing of any other. @throws Blip2Error if the file is damaged */
export function readExtras(dir: string): Extras {
  const path = join(dir, EXTRAS);
  if (!existsSync(path)) return { tensors: new Map(), names: { aliases: {}, order: [] } };
  const file = new SafetensorsFile(path);
  const json = parseJsonObject(Buffer.from(file.metadata.names ?? '{}'), `${path}: the list of names`);
  const { data } = schema.safeParse(json);
  if (!data) throw new Blip2Error(`${path}: the list of names is damaged`, { hint: FETCH_AGAIN });
  return { tensors: new Map(file.names().map((name) => [name, storedIn(file, name)])), names: data };
}
