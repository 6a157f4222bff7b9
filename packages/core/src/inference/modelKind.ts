/** Which kind of BLIP-2 a folder holds. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRetrieval } from '../models';
import { configFromDisk, readJsonObject } from '../checkpoints';

/** Undefined where there is no config.json of a BLIP-2: the loader says what is wrong. */
export function modelKind(dir: string): 'generation' | 'retrieval' | undefined {
  const path = join(dir, 'config.json');
  if (!existsSync(path)) return undefined;
  const config = configFromDisk(readJsonObject(path));
  if (config.modelType !== 'blip-2') return undefined;
  return isRetrieval(config) ? 'retrieval' : 'generation';
}
