/** Models from folders: what stays frozen on the device, what is trained as parameters. */
import { join } from 'node:path';
import { Blip2Error, ParameterStore, tf, type HalfType, type ParameterSpecs, type Tensor } from '../runtime';
import { Weights, type Matrix } from '../nn';
import type { Family } from '../models';
import { matchTensors, type Source } from './match';
import { CONFIG, hashWeights, openModelFolder, type ModelFolder } from './modelFolder';
import { place } from './place';
import { excerpt } from './problems';
import { HALF_TYPES, storageType } from './storage';

type Built = { parameters(): ParameterSpecs };

/** In what type frozen matrices are held. */
export type WeightsType = 'auto' | 'float32' | HalfType;

export interface FromPretrainedOptions<Model = unknown> {
  /**
   * 16 bit for frozen matrices takes half the memory; norms, biases and positions stay float32, as everything does
   * unless given. `auto`: each matrix stays what it is in its file.
   */
  dtype?: WeightsType;
  /** Whether a parameter is to be trained; none is unless given. */
  trainable?: (name: string, model: Model) => boolean;
}

export interface Pretrained<Config, Model> {
  config: Config;
  model: Model;
  /** What is frozen. */
  weights: Weights;
  /** The tensors behind `weights`, by the model's names. */
  tensors: Readonly<Record<string, Matrix>>;
  /** What is to be trained, in float32. */
  parameters: ParameterStore;
  /** SHA-256 of the file of weights (of the shards' hashes, where there are several); computed when first read. */
  readonly hash: string;
  /** Gives the memory of tensors and parameters back. */
  dispose: () => void;
}

/**
 * Loads a model. Frozen tensors are mapped from their files rather than read, so the files must not be changed in place
 * while the model lives.
 *
 * @throws Blip2Error if the folder holds no model of this family, or not all of it: every missing, unknown, misshapen
 * or damaged tensor is named
 */
export function fromPretrained<Config, Model extends Built>(
  dir: string,
  family: Family<Config, Model>,
  { dtype = 'float32', trainable = () => false }: FromPretrainedOptions<Model> = {},
): Pretrained<Config, Model> {
  const folder = openModelFolder(dir);
  const { config, model } = build(folder, family);
  const rename = (name: string) => (family.parameterName ? family.parameterName(name, config) : name);
  const sources = [...matchTensors(folder, model.parameters(), rename)];
  const isTrained = ([name]: Sources[number]) => trainable(name, model);
  const frozen = sources.filter((source) => !isTrained(source));
  const tensors = placeAll(frozen, dtype);
  const parameters = readParameters(sources.filter(isTrained));
  const dispose = () => {
    disposeAll(tensors);
    parameters.dispose();
  };
  try {
    folder.assertUnchanged();
  } catch (error) {
    dispose();
    throw error;
  }
  let hash: string | undefined;
  return {
    config,
    model,
    tensors,
    weights: new Weights(tensors),
    parameters,
    get hash() {
      return (hash ??= hashWeights(folder));
    },
    dispose,
  };
}

/** @throws Blip2Error if the folder's config.json is another family's, or wrong */
function build<Config, Model extends Built>(
  { dir, config: json, tensors }: ModelFolder,
  family: Family<Config, Model>,
) {
  const { modelType } = json;
  if (modelType !== family.modelType) {
    const found = modelType === undefined ? 'names no model_type' : `is a ${excerpt(modelType)}`;
    throw new Blip2Error(`${join(dir, CONFIG)} ${found}, not ${excerpt(family.modelType)}`, {
      hint: 'Give the folder of such a model, or load it as what it is.',
    });
  }
  try {
    const config = family.readConfig(json, tensors);
    return { config, model: family.build(config) };
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    throw new Blip2Error(`${dir}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

type Sources = readonly (readonly [parameter: string, source: Source])[];

function placeAll(sources: Sources, dtype: WeightsType): Record<string, Matrix> {
  const tensors: Record<string, Matrix> = {};
  try {
    for (const [parameter, source] of sources) {
      const { shape, dtype: stored } = source.file.info(source.name);
      const wanted = dtype === 'auto' ? HALF_TYPES[stored] : dtype === 'float32' ? undefined : dtype;
      tensors[parameter] = place(source, storageType(parameter, shape, wanted));
    }
    return tensors;
  } catch (error) {
    disposeAll(tensors);
    throw error;
  }
}

function disposeAll(tensors: Record<string, Matrix>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** Parameters have memory of their own. */
function readParameters(sources: Sources): ParameterStore {
  const values: Record<string, Tensor> = {};
  for (const [parameter, { file, name }] of sources) {
    values[parameter] = tf.tensor(file.float32(name), file.info(name).shape, 'float32');
  }
  const parameters = ParameterStore.from(values);
  disposeAll(values);
  return parameters;
}
