/** A frozen language model with its weights and its tokenizer: what stage 2 puts behind a Q-Former. */
import { Blip2Error } from '../runtime';
import type { Matrix, Weights } from '../nn';
import { Tokenizer } from '../text';
import { TOWERS, type Family, type LanguageTower } from '../models';
import {
  canonicalJson,
  fromPretrained,
  openModelFolder,
  sha256,
  type FromPretrainedOptions,
} from '../checkpoints';

export interface LanguageModelOptions extends FromPretrainedOptions {
  /** The families it may be of; OPT and T5 unless given. */
  families?: readonly Family<unknown, LanguageTower>[];
}

export interface FrozenLanguageModel {
  readonly tower: LanguageTower;
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
  const { families = TOWERS.language, ...rest } = options;
  const { modelType } = openModelFolder(dir).config;
  const family = families.find((one) => one.modelType === modelType);
  if (!family) {
    throw new Blip2Error(`${dir} holds no language model: its model_type is ${JSON.stringify(modelType)}`, {
      hint: `There are ${families.map((one) => one.modelType).join(', ')}.`,
    });
  }
  const tokenizer = Tokenizer.fromFolder(dir);
  const loaded = fromPretrained(dir, family, rest);
  const { model, config, weights, tensors, dispose } = loaded;
  return {
    tower: model,
    weights,
    tensors,
    tokenizer,
    get hash() {
      return sha256(canonicalJson({ weights: loaded.hash, config, dtype: rest.dtype ?? 'float32' }));
    },
    dispose,
  };
}
