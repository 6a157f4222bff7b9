/** What CapFilt's two models have in common: weights, a tokenizer, and a hash of everything that they compute from. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error, type ParameterSpecs } from '../runtime';
import { Tokenizer } from '../text';
import type { Family } from '../models';
import { canonicalJson, fromPretrained, openModelFolder, sha256, sha256File } from '../checkpoints';

export interface TowerOptions {
  /** Where the tokenizer lies, if the model's folder has none. */
  tokenizerDir?: string;
}

/**
 * @param what the model is called in errors
 * @throws Blip2Error if the folder holds something else, or not all of it, or if there is no tokenizer
 */
export function loadTower<Config, Model extends { parameters(): ParameterSpecs }>(
  dir: string,
  family: Family<Config, Model>,
  what: string,
  { tokenizerDir }: TowerOptions,
) {
  const { modelType } = openModelFolder(dir).config;
  if (modelType !== family.modelType) {
    throw new Blip2Error(`${dir} holds no ${what}: its model_type is ${JSON.stringify(modelType)}`, {
      hint: `Give a folder whose config.json has the model_type ${JSON.stringify(family.modelType)}.`,
    });
  }
  const textDir = existsSync(join(dir, 'tokenizer.json')) ? dir : (tokenizerDir ?? dir);
  const tokenizer = Tokenizer.fromFolder(textDir);
  const loaded = fromPretrained(dir, family);
  const { config, model, weights, dispose } = loaded;
  /** @param more what the results depend on beside the folder */
  const hash = (more: Record<string, unknown> = {}): string => {
    const text = sha256File(join(textDir, 'tokenizer.json'));
    return sha256(canonicalJson({ ...more, config, weights: loaded.hash, tokenizer: text }));
  };
  return { config, model, weights, tokenizer, hash, dispose };
}
