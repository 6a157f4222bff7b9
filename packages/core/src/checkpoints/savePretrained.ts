/** Models into folders, as `fromPretrained` and Python's transformers read them. */
import { join } from 'node:path';
import { ParameterStore, type HalfType, type ParameterSpecs } from '../runtime';
import type { Family } from '../models';
import { isFloat } from './dtypes';
import { writeFileAtomic } from './files';
import { configToDisk } from './json';
import { CONFIG, isModelFile } from './modelFolder';
import { refuse } from './problems';
import { replaceFiles } from './replaceFiles';
import { writeWeights } from './shards';
import { storageType } from './storage';
import { storedParameters, toStored, type StoredTensor, type WritableTensor } from './writeSafetensors';

export interface SavePretrainedOptions {
  /** Rounds the matrices to 16 bit; norms, biases and positions stay float32. Nothing is rounded unless given. */
  dtype?: HalfType;
  /** Bytes of tensors in a file; more are written into several. 5 GB unless given. */
  maxShardSize?: number;
}

/** A model's tensors by its own names. */
export type WritableTensors = ParameterStore | Readonly<Record<string, WritableTensor>>;

/**
 * Writes `config.json` and the weights; other files of the folder stay. Whatever happens on the way, the folder holds
 * either the model that it held before or the new one.
 *
 * @throws Blip2Error naming every tensor that is missing, unknown or misshapen, or the file that cannot be written
 */
export function savePretrained<Config>(
  dir: string,
  family: Family<Config, { parameters(): ParameterSpecs }>,
  config: Config,
  tensors: WritableTensors,
  { dtype, maxShardSize = 5e9 }: SavePretrainedOptions = {},
): void {
  const stored = collect(tensors, dtype);
  checkComplete(dir, family.build(config).parameters(), stored);
  const fields = { modelType: family.modelType, ...family.writeConfig(config), dtype: loadType(stored) };
  replaceFiles(dir, isModelFile, (staging) => {
    writeWeights(staging, stored, maxShardSize);
    writeFileAtomic(join(staging, CONFIG), [`${JSON.stringify(configToDisk(fields), null, 2)}\n`]);
  });
}

function collect(tensors: WritableTensors, dtype?: HalfType): Map<string, StoredTensor> {
  const entries = Object.entries(tensors instanceof ParameterStore ? storedParameters(tensors) : tensors);
  return new Map(
    entries.map(([name, tensor]) => [
      name,
      toStored(tensor, `Tensor ${name}`, storageType(name, tensor.shape, dtype)),
    ]),
  );
}

function checkComplete(dir: string, specs: ParameterSpecs, stored: Map<string, StoredTensor>): void {
  const missing = Object.keys(specs).filter((name) => !stored.has(name));
  const problems = missing.map((name) => `${name} is missing`);
  for (const [name, { shape, dtype }] of stored) {
    if (!Object.hasOwn(specs, name)) problems.push(`${name} is no parameter of the model`);
    else if (`${shape}` !== `${specs[name].shape}`) {
      problems.push(`${name} has the shape [${shape}], the model wants [${specs[name].shape}]`);
    } else if (!isFloat(dtype)) problems.push(`${name} is ${dtype}, but weights are floating-point numbers`);
  }
  refuse(`Not saved to ${dir}`, problems, 'Give the tensors of the model that the configuration describes.');
}

/** The type in which transformers loads the model without loss, in its words. */
function loadType(stored: Map<string, StoredTensor>): string {
  const names = { F16: 'float16', BF16: 'bfloat16' } as const;
  const types = new Set([...stored.values()].map(({ dtype }) => dtype).filter(isFloat));
  const [type] = types;
  return types.size === 1 && type in names ? names[type as keyof typeof names] : 'float32';
}
