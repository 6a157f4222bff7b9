/** Models from folders: frozen on the device, or as parameters to be trained. */
import { join } from 'node:path';
import { Blip2Error, ParameterStore, tf, type HalfType, type ParameterSpecs, type Tensor } from '../runtime';
import { Weights, type Matrix } from '../nn';
import type { Family } from '../models';
import { matchTensors, type Source } from './match';
import { CONFIG, hashWeights, openModelFolder } from './modelFolder';
import { excerpt } from './problems';
import { place } from './place';
import { storageType } from './storage';

type Built = { parameters(): ParameterSpecs };

export interface FromPretrainedOptions {
  /** Matrices in 16 bit take half the memory; norms, biases and positions stay float32, as everything does unless given. */
  dtype?: 'float32' | HalfType;
}

interface Loaded<Config, Model> {
  config: Config;
  model: Model;
  /** SHA-256 of the file of weights (of the shards' hashes, where there are several); computed when first read. */
  readonly hash: string;
}

/** A frozen model. */
export interface Pretrained<Config, Model> extends Loaded<Config, Model> {
  weights: Weights;
  /** The tensors behind `weights`, by the model's names. */
  tensors: Readonly<Record<string, Matrix>>;
  /** Gives the tensors' memory back. */
  dispose: () => void;
}

/** A model to be trained. */
export interface Trainable<Config, Model> extends Loaded<Config, Model> {
  parameters: ParameterStore;
}

/**
 * Loads a frozen model; float32 and 16-bit tensors are mapped from their files rather than read, so the files must not
 * be changed in place while the model lives.
 *
 * @throws Blip2Error if the folder holds no model of this family, or not all of it: every missing, unknown, misshapen
 * or differing tensor is named
 */
export function fromPretrained<Config, Model extends Built>(
  dir: string,
  family: Family<Config, Model>,
  { dtype = 'float32' }: FromPretrainedOptions = {},
): Pretrained<Config, Model> {
  const { loaded, sources } = open(dir, family);
  const tensors: Record<string, Matrix> = {};
  const dispose = () => Object.values(tensors).forEach((tensor) => tensor.dispose());
  try {
    for (const [parameter, source] of sources) {
      const { shape } = source.file.info(source.name);
      const type = storageType(parameter, shape, dtype === 'float32' ? undefined : dtype);
      tensors[parameter] = place(source, type);
    }
    for (const { file } of sources.values()) file.assertUnchanged();
  } catch (error) {
    dispose();
    throw error;
  }
  return Object.assign(loaded, { tensors, weights: new Weights(tensors), dispose });
}

/**
 * Loads a model to be trained, in float32 memory of its own.
 * @throws Blip2Error as `fromPretrained`
 */
export function trainableFromPretrained<Config, Model extends Built>(
  dir: string,
  family: Family<Config, Model>,
): Trainable<Config, Model> {
  const { loaded, sources } = open(dir, family);
  const parameters = tf.tidy(() => {
    const values = [...sources].map(([parameter, { file, name }]): [string, Tensor] => {
      return [parameter, tf.tensor(file.float32(name), file.info(name).shape, 'float32')];
    });
    return ParameterStore.from(Object.fromEntries(values)) as never;
  }) as ParameterStore;
  for (const { file } of sources.values()) file.assertUnchanged();
  return Object.assign(loaded, { parameters });
}

interface Opened<Config, Model> {
  loaded: Loaded<Config, Model>;
  sources: Map<string, Source>;
}

function open<Config, Model extends Built>(
  dir: string,
  family: Family<Config, Model>,
): Opened<Config, Model> {
  const folder = openModelFolder(dir);
  const path = join(dir, CONFIG);
  const { modelType } = folder.config;
  if (modelType !== family.modelType) {
    const found = modelType === undefined ? 'names no model_type' : `is a ${excerpt(modelType)}`;
    throw new Blip2Error(`${path} ${found}, not ${JSON.stringify(family.modelType)}`, {
      hint: 'Give the folder of such a model, or load it as what it is.',
    });
  }
  const config = inFolder(dir, () => family.readConfig(folder.config));
  const model = inFolder(dir, () => family.build(config));
  const rename = (name: string) => (family.parameterName ? family.parameterName(name, config) : name);
  const sources = matchTensors(folder, model.parameters(), rename);
  let hash: string | undefined;
  const loaded = {
    config,
    model,
    get hash() {
      return (hash ??= hashWeights(folder));
    },
  };
  return { loaded, sources };
}

/** Errors about what a config says name the folder. */
function inFolder<T>(dir: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    throw new Blip2Error(`${dir}: ${error.message}`, { hint: error.hint, cause: error });
  }
}
