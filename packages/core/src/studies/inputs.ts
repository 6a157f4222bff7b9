/**
 * What a study's results depend on, as one hash: the settings and the shipped models that it names, the world's options,
 * the scale. A result made of other inputs is out of date.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, hashWeights, openModelFolder, sha256 } from '../checkpoints';
import { shapesTower, type ShapesTower } from '../data';
import { dataFor } from './scale';
import type { Scale, Study } from './study';

/**
 * Hash of all that a study's results of a scale depend on, code aside.
 * @throws TypeError naming a setting that is a function: its text would not be all of it
 */
export function inputsHash({ inputs: { settings, towers } }: Study, scale: Scale): string {
  const weights = Object.fromEntries(towers.map((name) => [name, weightsHash(name)]));
  return sha256(canonicalJson({ scale, data: dataFor(scale).options, settings, towers: weights }));
}

/** `null` where there is no such model (yet): the study that reads it says so, and keeps no other from running. */
function weightsHash(name: ShapesTower): string | null {
  const dir = shapesTower(name);
  return existsSync(join(dir, 'config.json')) ? hashWeights(openModelFolder(dir)) : null;
}
