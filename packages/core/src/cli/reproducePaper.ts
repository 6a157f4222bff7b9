/** `blip2 reproduce … --scale paper`: the paper's tables, filled from published weights and sets. */
import { join } from 'node:path';
import type { WeightsType } from '../checkpoints';
import type { FilledTable, Missing, PaperTable } from '../studies';
import { CountLine } from './countLine';
import { Exit, printJson, printTable } from './output';

/** Of cells whose answers are not published. */
const SERVER =
  'server: send the submission.json of that evaluation, and put what it says beside it as server.json (docs/evaluation.md).';

/** Options of this scale. */
export interface PaperOptions {
  models: string;
  sets: string;
  out?: string;
  limit?: number;
  dtype?: WeightsType;
  dryRun?: boolean;
  json?: boolean;
}

export async function reproducePaper(names: readonly string[], options: PaperOptions): Promise<void> {
  const { models, sets, limit, dtype, dryRun, json } = options;
  const { defaultRunsDir, listenForInterruption } = await import('../train');
  const { fillTables, missingOf, PaperDisk } = await import('../studies');
  const { writeEvaluationPage, writePaperTable } = await import('../report');
  const out = options.out ?? join(defaultRunsDir(), 'paper');
  const tables = await chosen(names, models);
  const disk = new PaperDisk({ models, sets });
  const missing = await missingOf(disk, tables);
  say(missing);
  if (dryRun) return json ? printJson({ tables: tables.map(({ name }) => name), missing }) : undefined;

  const progress = new CountLine('pictures');
  const controller = new AbortController();
  const interruption = listenForInterruption(undefined, () => {
    progress.print('Stopping after these pictures…');
    controller.abort();
  });
  const filled = await fillTables(disk, tables, {
    ...{ out, limit, dtype, signal: controller.signal },
    onProgress: (what, done, of) => progress.show(done, of, `${what}: `),
    onEvaluation: async (folder, evaluation) => {
      progress.end();
      await writeEvaluationPage(folder, evaluation);
    },
  }).finally(() => interruption.release());
  progress.end();
  if (!filled) {
    console.error('Stopped: the same command goes on.');
    throw new Exit(1);
  }
  const pages = filled.map((table) => writePaperTable(out, table));
  if (json) printJson({ out, tables: filled });
  else filled.forEach((table, i) => print(table, pages[i]));
  const isWhole = filled.every((table) => table.missing.length === 0 && table.failures.length === 0);
  if (!isWhole) throw new Exit(1);
}

async function chosen(names: readonly string[], models: string): Promise<PaperTable[]> {
  const { Blip2Error } = await import('../runtime');
  const { FIGURE5_LAYOUT, figure5Table, PAPER_TABLES } = await import('../studies');
  const { unknownKey } = await import('../recipes');
  const all = [...PAPER_TABLES, figure5Table(models)];
  const known = [...all.map(({ name }) => name), 'all'];
  for (const name of names)
    if (!known.includes(name)) throw unknownKey('study at the scale of the paper', name, known);
  const isAll = names.length === 0 || names.includes('all');
  const tables = isAll
    ? all.filter(({ rows }) => rows.length > 0)
    : all.filter(({ name }) => names.includes(name));
  const empty = tables.find(({ rows }) => rows.length === 0);
  if (!empty) return tables;
  throw new Blip2Error(`${models}: there are no models for ${empty.name}`, {
    hint: `They should lie so: ${FIGURE5_LAYOUT}.`,
    exitCode: 2,
  });
}

function say(missing: readonly Missing[]): void {
  if (missing.length === 0) return console.error('All models and sets are there.');
  console.error('Missing, and how to get it:');
  for (const { what, why, how } of missing)
    console.error(`  ${what} (${why})\n    → ${how.replaceAll('\n', '\n      ')}`);
  console.error('Cells that need it stay empty.\n');
}

function print({ name, title, columns, rows, failures }: FilledTable, page: string): void {
  console.log(`${name}: ${title}`);
  const text = (row: FilledTable['rows'][number], column: string) => {
    const { ours, paper, state } = row.cells[column] ?? {};
    const own = ours === undefined ? state : ours.toFixed(1);
    const theirs = paper === undefined ? '–' : String(paper);
    return own === undefined ? theirs : `${own} (${theirs})`;
  };
  printTable(
    rows
      .filter(({ isOurs }) => isOurs)
      .map((row) => ({
        model: row.name,
        ...Object.fromEntries(columns.map((column) => [column, text(row, column)])),
      })),
  );
  for (const failure of failures) console.error(`failed: ${failure}`);
  const states = rows.flatMap(({ cells }) => Object.values(cells).map(({ state }) => state));
  if (states.includes('server')) console.error(SERVER);
  console.log(`→ ${page}\n`);
}
