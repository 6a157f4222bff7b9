/**
 * Results on disk: one JSON file for each study and seed, `<folder>/<study>/seed-N.json`, written as it finishes. The
 * reader's own lie in runs/results/<scale>/, the committed ones in docs/results/.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { writeFileAtomic } from '../checkpoints';
import { readJson } from '../evaluate';
import { SCALES, type Scale } from './study';

const count = z.number().int().nonnegative();

const schema = z.object({
  study: z.string(),
  seed: count,
  scale: z.enum(SCALES),
  measurements: z
    .array(z.object({ arm: z.string(), metric: z.string(), value: z.number(), step: count.optional() }))
    .min(1),
  /** What models said of test pictures, to be looked at. */
  examples: z
    .array(
      z.object({
        kind: z.string(),
        by: z.string(),
        picture: count,
        world: z.record(z.string(), z.unknown()).optional(),
        said: z
          .array(
            z.object({
              prompt: z.string(),
              text: z.string(),
              truth: z.string().optional(),
              right: z.boolean().optional(),
            }),
          )
          .min(1),
      }),
    )
    .optional(),
  /** The training runs that it took. */
  runs: z.array(
    z.object({
      name: z.string(),
      hash: z.string(),
      dir: z.string(),
      steps: count,
      batchSize: count,
      learningRate: z.number(),
    }),
  ),
  /** Of all settings, data and towers that it depends on: under another hash the result is out of date. */
  inputs: z.string(),
  environment: z.object({
    blip2: z.string(),
    node: z.string(),
    tensorflow: z.string(),
    cpu: z.string(),
    /** What the processor can multiply matrices with; absent where the system does not say. */
    features: z.array(z.string()).optional(),
    threads: count,
  }),
  /** The command that makes it again. */
  command: z.string(),
  /** How long it took, with the training of those runs that were not there yet. */
  seconds: z.number(),
  /** ISO date. */
  finished: z.string(),
});

/** What a study measured with one seed, and all that is needed to measure it again. */
export type StudyResult = z.output<typeof schema>;

const FORMAT =
  'A result as `blip2 reproduce` writes it is expected (docs/reproduce.md). Delete it to measure anew.';

/** Where the reader's own results of a scale lie. */
export function resultsDir(runsDir: string, scale: Scale): string {
  return join(runsDir, 'results', scale);
}

export function resultPath(dir: string, { study, seed }: Pick<StudyResult, 'study' | 'seed'>): string {
  return join(dir, study, `seed-${seed}.json`);
}

/**
 * Writes a result, whole or not at all.
 * @returns its path
 * @throws Blip2Error naming a number that is none, or that is there twice
 */
export function writeResult(dir: string, result: StudyResult): string {
  const seen = new Set<string>();
  for (const { arm, metric, step, value } of result.measurements) {
    const key = `${arm}, ${metric}${step === undefined ? '' : `, step ${step}`}`;
    if (!Number.isFinite(value)) throw wrong(result, `${key} is ${value}`);
    if (seen.has(key)) throw wrong(result, `${key} was measured twice`);
    seen.add(key);
  }
  const path = resultPath(dir, result);
  writeFileAtomic(path, [`${JSON.stringify(schema.parse(result), null, 2)}\n`]);
  return path;
}

function wrong({ study, seed }: StudyResult, what: string): Blip2Error {
  return new Blip2Error(`Study ${study}, seed ${seed}: ${what}`);
}

/** @throws Blip2Error naming the file and the key at fault */
export function readResult(path: string): StudyResult {
  return readJson(path, schema, FORMAT);
}

/**
 * The reader's own results of all scales.
 * @param onBroken as for `readResults`
 */
export function readOwnResults(runsDir: string, onBroken?: (error: Blip2Error) => void): StudyResult[] {
  return SCALES.flatMap((scale) => readResults(resultsDir(runsDir, scale), onBroken));
}

/**
 * All results of a folder, by study and seed; none if it does not exist.
 * @param onBroken told of files that cannot be read, which are then left out; unless given, the first of them is thrown
 */
export function readResults(dir: string, onBroken?: (error: Blip2Error) => void): StudyResult[] {
  if (!existsSync(dir)) return [];
  const studies = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = studies.flatMap(({ name }) =>
    readdirSync(join(dir, name))
      .filter((file) => /^seed-\d+\.json$/.test(file))
      .map((file) => join(dir, name, file)),
  );
  const results = paths.flatMap((path) => {
    try {
      return readResult(path);
    } catch (error) {
      if (!onBroken || !(error instanceof Blip2Error)) throw error;
      onBroken(error);
      return [];
    }
  });
  return results.sort((a, b) => a.study.localeCompare(b.study) || a.seed - b.seed);
}
