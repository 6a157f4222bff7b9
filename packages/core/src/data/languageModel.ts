/** A frozen language model with its weights and its tokenizer: what stage 2 puts behind a Q-Former. */
import { Blip2Error } from '../runtime';
import type { Matrix, Weights } from '../nn';
import { Tokenizer } from '../text';
import { TOWERS, type Family, type LanguageTower, type TowerConfig } from '../models';
import {
  canonicalJson,
  fromPretrained,
  hashWeights,
  openModelFolder,
  sha256,
  type FromPretrainedOptions,
  type ModelFolder,
} from '../checkpoints';

export interface LanguageModelOptions extends FromPretrainedOptions {
  /** The families it may be of; OPT and T5 unless given. */
  families?: readonly Family<unknown, LanguageTower>[];
}

export interface FrozenLanguageModel {
  /** The folder that it comes from. */
  readonly dir: string;
  readonly tower: LanguageTower;
  /** Which family it is of, and its configuration there. */
  readonly config: TowerConfig;
  readonly weights: Weights;
  /** The tensors behind `weights`, by the tower's names. */
  readonly tensors: Readonly<Record<string, Matrix>>;
  readonly tokenizer: Tokenizer;
  /** Names weights, configuration and storage: equal hashes, equal models. */
  readonly hash: string;
  /** Gives the weights' memory back. */
  dispose(): void;
}

/**
 * The language model of a folder, whatever family it is of.
 * @throws Blip2Error if there is none, or naming what is wrong with it
 */
export function loadLanguageModel(dir: string, options: LanguageModelOptions = {}): FrozenLanguageModel {
  const family = familyOf(openModelFolder(dir), options);
  const tokenizer = Tokenizer.fromFolder(dir);
  const loaded = fromPretrained(dir, family, options);
  const { model, config, weights, tensors, dispose } = loaded;
  return {
    dir,
    tower: model,
    config: { modelType: family.modelType, config },
    weights,
    tensors,
    tokenizer,
    get hash() {
      return languageHash(loaded.hash, config, options);
    },
    dispose,
  };
}

/** The `hash` of the language model that `loadLanguageModel` would load. */
export function languageModelHash(dir: string, options: LanguageModelOptions = {}): string {
  const folder = openModelFolder(dir);
  const family = familyOf(folder, options);
  return languageHash(hashWeights(folder), family.readConfig(folder.config, folder.tensors), options);
}

function languageHash(weights: string, config: unknown, { dtype = 'float32' }: LanguageModelOptions): string {
  return sha256(canonicalJson({ weights, config, dtype }));
}

function familyOf(
  { dir, config }: ModelFolder,
  { families = TOWERS.language }: LanguageModelOptions,
): Family<unknown, LanguageTower> {
  const family = families.find((one) => one.modelType === config.modelType);
  if (family) return family;
  throw new Blip2Error(
    `${dir} holds no language model: its model_type is ${JSON.stringify(config.modelType)}`,
    { hint: `There are ${families.map((one) => one.modelType).join(', ')}.` },
  );
}
