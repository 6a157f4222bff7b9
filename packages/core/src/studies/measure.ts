/** One study with one seed, measured in this process; or its result from a file, if that is up to date. */
import { existsSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { defaultRunsDir } from '../train';
import { Context, type ContextOptions } from './context';
import { environment } from './environment';
import { inputsHash } from './inputs';
import { readResult, resultPath, resultsDir, writeResult, type StudyResult } from './results';
import { dataFor } from './scale';
import { leavesOut } from './scale';
import { neededBy, valueOf } from './statistics';
import type { Scale, Study } from './study';

/** Of which seed, how large, where its runs go. */
export interface MeasureOptions extends Partial<Omit<ContextOptions, 'data'>> {
  /** Given the context, e.g. to know whether it is training. */
  onContext?: (context: Context) => void;
}

/**
 * The result of a study: read if it is there and up to date, otherwise measured and written.
 * @throws Blip2Error whatever training and evaluation throw; if it was stopped (runs are saved and gone on with)
 */
export async function measure(study: Study, options: MeasureOptions = {}): Promise<StudyResult> {
  const { seed = 0, scale = 'full', runsDir = defaultRunsDir(), onContext, ...rest } = options;
  const note = options.note ?? ((message) => console.error(message));
  const found = upToDate(study, { seed, scale, runsDir, note });
  if (found) return found;

  const context = new Context({ ...rest, seed, scale, runsDir, note, data: dataFor(scale) });
  onContext?.(context);
  const began = performance.now();
  const measurements = await study.measure(context);
  const result: StudyResult = {
    study: study.name,
    seed,
    scale,
    measurements,
    ...(context.examples.length > 0 && { examples: context.examples }),
    runs: context.runs,
    inputs: inputsHash(study, scale),
    environment: environment(),
    command: command(study.name, seed, scale),
    seconds: Math.round((performance.now() - began) / 100) / 10,
    finished: new Date().toISOString(),
  };
  writeResult(resultsDir(runsDir, scale), result);
  return result;
}

/** Seeds are counted from 0; those before, once measured, are not measured again. */
function command(study: string, seed: number, scale: Scale): string {
  return `npx blip2 reproduce ${study} --seeds ${seed + 1}${scale === 'full' ? '' : ` --size ${scale}`}`;
}

export interface Wanted {
  seed: number;
  scale: Scale;
  runsDir: string;
  note: (message: string) => void;
}

/**
 * The result on disk, unless there is none, it is broken, was made of other inputs, or has not what the study's claims
 * are about.
 */
export function upToDate(study: Study, { seed, scale, runsDir, note }: Wanted): StudyResult | undefined {
  const path = resultPath(resultsDir(runsDir, scale), { study: study.name, seed });
  if (!existsSync(path)) return undefined;
  let result: StudyResult;
  try {
    result = readResult(path);
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    note(`${error.message}: measured again`);
    return undefined;
  }
  const reason = outOfDate(study, result);
  if (reason) note(`${path} ${reason}: measured again`);
  return reason ? undefined : result;
}

function outOfDate(study: Study, { measurements, inputs, scale }: StudyResult): string | undefined {
  if (inputs !== inputsHash(study, scale)) return 'was made with other settings or towers';
  const missing = study.claims
    .filter(({ takesLong }) => !(takesLong && leavesOut(scale)))
    .flatMap(neededBy)
    .find(({ arm, metric }) => valueOf(measurements, arm, metric) === undefined);
  return missing && `lacks ${missing.metric} of "${missing.arm}"`;
}
