/** A frozen language model with its weights and its tokenizer: what stage 2 puts behind a Q-Former. */
import { Blip2Error } from '../runtime';
import type { Matrix, Weights } from '../nn';
import { Tokenizer } from '../text';
import { LANGUAGE_MODEL, TOWERS, type Family, type LanguageTower, type TowerConfig } from '../models';
import {
  canonicalJson,
  fromPretrained,
  hashWeights,
  openModelFolder,
  sha256,
  type FromPretrainedOptions,
  type JsonObject,
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
 * The language model of a folder, whatever family it is of: on its own, or inside a BLIP-2.
 * @throws Blip2Error if there is none, or naming what is wrong with it
 */
export function loadLanguageModel(dir: string, options: LanguageModelOptions = {}): FrozenLanguageModel {
  const { family, modelType } = languageFamilyOf(openModelFolder(dir), options.families);
  const tokenizer = Tokenizer.fromFolder(dir);
  const loaded = fromPretrained(dir, family, options);
  const { model, config, weights, tensors, dispose } = loaded;
  return {
    dir,
    tower: model,
    config: { modelType, config },
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
  const { family } = languageFamilyOf(folder, options.families);
  return languageHash(hashWeights(folder), family.readConfig(folder.config, folder.tensors), options);
}

function languageHash(weights: string, config: unknown, { dtype = 'float32' }: LanguageModelOptions): string {
  return sha256(canonicalJson({ weights, config, dtype }));
}

type LanguageFamily = Family<unknown, LanguageTower>;

/** How the model is read from its folder, and its type on its own. */
export function languageFamilyOf(
  { dir, config }: Pick<ModelFolder, 'dir' | 'config'>,
  families: readonly LanguageFamily[] = TOWERS.language,
): { family: LanguageFamily; modelType: string } {
  const { textConfig } = config;
  const isInside = config.modelType === 'blip-2' && typeof textConfig === 'object' && textConfig !== null;
  // As of a BLIP-2 as a whole: one that does not say has the first.
  const modelType = isInside
    ? ((textConfig as JsonObject).modelType ?? families[0].modelType)
    : config.modelType;
  const family = families.find((one) => one.modelType === modelType);
  if (family) return { family: isInside ? insideBlip2(family) : family, modelType: family.modelType };
  throw new Blip2Error(
    `${dir} holds no language model: its model_type is ${JSON.stringify(config.modelType)}`,
    {
      hint: `There are ${families.map((one) => one.modelType).join(', ')}.`,
    },
  );
}

/** In the folder of a BLIP-2, whose config.json describes it under `text_config`. */
function insideBlip2(family: LanguageFamily): LanguageFamily {
  const prefix = `${LANGUAGE_MODEL}.`;
  return {
    ...family,
    modelType: 'blip-2',
    readConfig: ({ textConfig }, files) =>
      family.readConfig(textConfig as JsonObject, files && { has: (name) => files.has(prefix + name) }),
    parameterName(name, config) {
      if (!name.startsWith(prefix)) return undefined;
      const own = name.slice(prefix.length);
      return family.parameterName ? family.parameterName(own, config) : own;
    },
  };
}
