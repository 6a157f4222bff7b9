/** Which tensor of a folder is which parameter of a model, and whether they fit. */
import { basename } from 'node:path';
import type { ParameterSpecs } from '../runtime';
import { isFloat } from './dtypes';
import { CONFIG, type ModelFolder } from './modelFolder';
import { excerpt, nameOf, refuse } from './problems';
import type { TensorFile } from './tensorFile';

/** Where a parameter's values lie. */
export interface Source {
  file: TensorFile;
  /** The tensor's name in the file. */
  name: string;
}

/**
 * Finds each parameter's tensor. Several tensors may stand for one parameter (tied matrices that were saved twice): they
 * must be equal.
 *
 * @param rename the parameter's name of a tensor of the folder; undefined: not needed
 * @throws Blip2Error naming every tensor that is missing, unknown, misshapen or of another type
 */
export function matchTensors(
  folder: ModelFolder,
  specs: ParameterSpecs,
  rename: (name: string) => string | undefined,
): Map<string, Source> {
  const misfits: string[] = [];
  const sources = new Map<string, Source>();
  const found = new Set<string>();
  for (const [name, file] of folder.tensors) {
    const parameter = rename(name);
    if (parameter === undefined) continue;
    found.add(parameter);
    const where = `${nameOf(name)} (${basename(file.path)})`;
    const problem = misfit(specs, parameter, { file, name });
    const twin = sources.get(parameter);
    if (problem) misfits.push(`${where} ${problem}`);
    else if (!twin) sources.set(parameter, { file, name });
    else if (!areEqual(twin, { file, name })) {
      misfits.push(`${where} differs from ${nameOf(twin.name)}, though the model has one matrix for both`);
    }
  }
  const missing = Object.keys(specs).filter((parameter) => !found.has(parameter));
  // Where shards are absent or damaged, all that is missing follows from that.
  const cause = folder.problems.length > 0 ? folder.problems : missing.map((name) => `${name} is missing`);
  refuse(
    `${folder.dir} does not fit its ${CONFIG}`,
    [...cause, ...misfits],
    'The folder mixes files of several models, lacks some, or is damaged: copy or fetch it again.',
  );
  return sources;
}

function misfit(specs: ParameterSpecs, parameter: string, { file, name }: Source): string | undefined {
  if (!Object.hasOwn(specs, parameter)) return 'is no parameter of the model';
  const { shape: wanted } = specs[parameter];
  const { shape, dtype } = file.info(name);
  if (`${shape}` !== `${wanted}` || shape.length !== wanted.length) {
    return `has the shape ${excerpt(shape)}, the model wants ${excerpt(wanted)}`;
  }
  if (!isFloat(dtype)) return `is ${dtype}, but weights are F32, F16, BF16 or F64`;
  return undefined;
}

function areEqual(a: Source, b: Source): boolean {
  const [first, second] = [a.file.info(a.name), b.file.info(b.name)];
  if (first.begin === second.begin && a.file === b.file) return true; // one memory under two names
  return first.dtype === second.dtype && Buffer.compare(a.file.bytes(a.name), b.file.bytes(b.name)) === 0;
}
