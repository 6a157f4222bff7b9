/** A model family: how its `config.json` is read and what is built from it. One constant beside each model. */
import type { ParameterSpecs } from '../runtime';

/** Names as in the files. */
export interface TensorNames {
  has(name: string): boolean;
}

/** A kind of model as it lies in folders: its `config.json`, the names of its tensors, how it is built. */
export interface Family<Config, Model extends { parameters(): ParameterSpecs }> {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /**
   * The configuration from the fields of config.json, keys in camelCase; defaults are transformers'.
   *
   * @param files which tensors the folder holds, for what config.json leaves open
   * @throws Blip2Error naming the field that is missing or out of range
   */
  readConfig(json: Readonly<Record<string, unknown>>, files?: TensorNames): Config;
  /** The fields of a config.json that transformers reads back, keys in camelCase. */
  writeConfig(config: Config): Record<string, unknown>;
  build(config: Config): Model;
  /**
   * The model's name of a tensor found in a file: older spellings and prefixes are understood.
   * Undefined for what files carry and the model does not need (buffers, heads). A tied tensor that is stored under two
   * names has both mapped to its one name: that they are equal is checked.
   */
  parameterName?(name: string, config: Config): string | undefined;
}
