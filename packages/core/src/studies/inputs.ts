/**
 * What a result depends on, as one hash: the settings of Shapes, the world's options, the frozen towers. A result made
 * of other inputs is out of date. Too wide rather than too narrow: what is measured again without need takes its
 * finished runs as they are.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { canonicalJson, hashWeights, openModelFolder, sha256 } from '../checkpoints';
import { shapesSettings } from '../recipes';
import { dataFor } from './scale';
import type { Scale } from './study';

/** Hash of all that results of a scale depend on. */
export function inputsHash(scale: Scale): string {
  return sha256(
    canonicalJson({ scale, data: dataFor(scale).options, settings: plain(shapesSettings), towers: towers() }),
  );
}

/** With the text of functions in their place. */
const plain = (value: object) =>
  JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'function' ? String(item) : item)),
  ) as unknown;

/** Weights of what is frozen, by folder; finished BLIP-2s are no inputs. */
function towers(): Record<string, string> {
  const folders = readdirSync(shapesDirectory)
    .filter((name) => !name.startsWith('blip2'))
    .filter((name) => existsSync(join(shapesDirectory, name, 'config.json')));
  return Object.fromEntries(
    folders.map((name) => [name, hashWeights(openModelFolder(join(shapesDirectory, name)))]),
  );
}
