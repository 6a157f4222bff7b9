/** Fills the paper's tables from what is on disk: every evaluation once, model by model, each resumable. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, readJsonObject, sha256, writeFileAtomic, type WeightsType } from '../../checkpoints';
import type { CaptionSet, QuestionSet } from '../../data';
import type { SetSummary } from '../../evaluate';
import { isRunFolder } from '../../train';
import { isMissing, sourcesOf, type Missing, type PaperDisk } from './disk';
import { SetEvaluator, type SetEvaluation } from './evaluateOnSet';
import { PAPER_EVALUATIONS, type CellSource, type PaperEvaluation, type PaperTable } from './table';

/** A number of ours, or why there is none. */
export interface FilledCell {
  paper?: number;
  ours?: number;
  /** In place of a number: `server` (send its submission), `missing`, `failed`, `no such score`. */
  state?: 'server' | 'missing' | 'failed' | 'no such score';
  /** Folder of its evaluation, relative to the output. */
  results?: string;
}

/** A table with our numbers. */
export interface FilledTable extends Omit<PaperTable, 'rows'> {
  rows: { name: string; isOurs: boolean; cells: Record<string, FilledCell> }[];
  missing: Missing[];
  /** What went wrong, by evaluation. */
  failures: string[];
  /** Pictures of each set, where it was not all. */
  limit?: number;
}

/** How tables are filled. */
export interface FillOptions {
  out: string;
  limit?: number;
  /** How matrices of models are held, those of runs apart. */
  dtype?: WeightsType;
  signal?: AbortSignal;
  /** Is told what is being done: an evaluation and how many of its pictures are done. */
  onProgress?: (what: string, done: number, of: number) => void;
  /** Is given each evaluation that was run, to write more about it. */
  onEvaluation?: (folder: string, evaluation: SetEvaluation) => Promise<void>;
}

/** What several tables lack, each thing once. */
export async function missingOf(disk: PaperDisk, tables: readonly PaperTable[]): Promise<Missing[]> {
  const missing = new Map<string, Missing>();
  for (const { model, evaluation } of tables.flatMap(sourcesOf)) {
    for (const found of [await disk.model(model), disk.set(evaluation)]) {
      if (isMissing(found)) missing.set(found.what, found);
    }
  }
  return [...missing.values()];
}

type Outcome = { folder: string; summary: SetSummary } | { failure: string };

const keyOf = ({ model, evaluation }: CellSource): string => `${evaluation}--${model.replaceAll('/', '-')}`;

/** Runs what the tables need and is there. @returns them filled; undefined if it was stopped */
export async function fillTables(
  disk: PaperDisk,
  tables: readonly PaperTable[],
  options: FillOptions,
): Promise<FilledTable[] | undefined> {
  const sources = tables.flatMap(sourcesOf);
  const outcomes = new Map<string, Outcome>();
  for (const model of new Set(sources.map((source) => source.model))) {
    const dir = await disk.model(model);
    if (isMissing(dir)) continue;
    // A run keeps its parts as it was trained with them.
    const evaluator = new SetEvaluator(dir, isRunFolder(dir) ? undefined : options.dtype);
    const own = sources.filter((source) => source.model === model);
    for (const evaluation of new Set(own.map((source) => source.evaluation))) {
      const set = disk.set(evaluation);
      if (isMissing(set)) continue;
      const key = keyOf({ model, evaluation } as CellSource);
      outcomes.set(key, await run(evaluator, evaluation, set, key, options));
      if (options.signal?.aborted) break;
    }
    await evaluator.dispose();
    if (options.signal?.aborted) return undefined;
  }
  const filled: FilledTable[] = [];
  for (const table of tables) filled.push(await fill(disk, table, outcomes, options));
  return filled;
}

/** An evaluation, unless it was done before with the same weights and pictures. */
async function run(
  evaluator: SetEvaluator,
  evaluation: PaperEvaluation,
  set: QuestionSet | CaptionSet,
  key: string,
  { out, limit, signal, onProgress, onEvaluation }: FillOptions,
): Promise<Outcome> {
  const folder = join('evaluations', limit === undefined ? key : `${key}-first-${limit}`);
  const dir = join(out, folder);
  const identity = sha256(
    canonicalJson({ model: evaluator.record, set: set.identity, limit: limit ?? null }),
  );
  const done = readDone(dir, identity);
  if (done) return { folder, summary: done };
  const { task } = PAPER_EVALUATIONS[evaluation];
  try {
    const result = await evaluator.evaluate(task, set, {
      ...{ out: dir, limit, signal },
      onProgress: (now, of) => onProgress?.(key, now, of),
    });
    if (result.summary.complete) {
      await onEvaluation?.(dir, result);
      writeFileAtomic(join(dir, 'done'), [identity]);
    }
    return { folder, summary: result.summary };
  } catch (error) {
    return { failure: `${key}: ${(error as Error).message}` };
  }
}

function readDone(dir: string, identity: string): SetSummary | undefined {
  const [mark, summary] = [join(dir, 'done'), join(dir, 'summary.json')];
  if (!existsSync(mark) || !existsSync(summary) || readFileSync(mark, 'utf8') !== identity) return undefined;
  return JSON.parse(readFileSync(summary, 'utf8')) as SetSummary;
}

async function fill(
  disk: PaperDisk,
  table: PaperTable,
  outcomes: ReadonlyMap<string, Outcome>,
  { out, limit }: FillOptions,
): Promise<FilledTable> {
  const rows = table.rows.map(({ name, cells }) => ({
    name,
    isOurs: Object.values(cells).some(({ ours }) => ours !== undefined),
    cells: Object.fromEntries(
      Object.entries(cells).map(([column, { paper, ours }]) => [
        column,
        { ...(paper !== undefined && { paper }), ...filled(ours, outcomes, out) },
      ]),
    ),
  }));
  const keys = new Set(sourcesOf(table).map(keyOf));
  const failures = [...outcomes].flatMap(([key, outcome]) =>
    keys.has(key) && 'failure' in outcome ? [outcome.failure] : [],
  );
  return { ...table, rows, missing: await missingOf(disk, [table]), failures, limit };
}

function filled(
  ours: number | CellSource | undefined,
  outcomes: ReadonlyMap<string, Outcome>,
  out: string,
): FilledCell {
  if (ours === undefined) return {};
  if (typeof ours === 'number') return { ours };
  const outcome = outcomes.get(keyOf(ours));
  if (!outcome) return { state: 'missing' };
  if ('failure' in outcome) return { state: 'failed' };
  const { folder, summary } = outcome;
  const value = summary.rows.find(({ group }) => group === ours.group)?.scores[ours.score];
  if (value !== undefined) return { ours: value, results: folder };
  if (summary.rows.length > 0) return { state: 'no such score', results: folder };
  const told = serverScore(join(out, folder), ours.score);
  return { ...(told === undefined ? { state: 'server' } : { ours: told }), results: folder };
}

/** What the set's server said: `server.json` with the score by its name, put there by hand. */
function serverScore(dir: string, name: string): number | undefined {
  const path = join(dir, 'server.json');
  if (!existsSync(path)) return undefined;
  const value = readJsonObject(path)[name];
  return typeof value === 'number' ? value : undefined;
}
