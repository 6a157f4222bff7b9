/** `blip2 reproduce table1 table2 figure5 --scale paper`, as one command: with all models and sets there, no cell of ours is empty. */
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { figure5Table, PAPER_TABLES, type FilledTable } from '../../packages/core/src/studies';
import { writeModel } from '../evaluate/published/models';
import { writeSets } from '../evaluate/published/sets';
import { blip2Here } from './run';

const root = mkdtempSync(join(tmpdir(), 'blip2-reproduce-paper-'));
const at = (...path: string[]) => join(root, ...path);
process.env.HF_HUB_CACHE = at('hub');

const NAMES = ['table1', 'table2', 'figure5'];
const STEPS = [80_000, 20_000];
const CURVES = ['opt-with-stage1', 'opt-without-stage1', 't5-with-stage1', 't5-without-stage1'];

/** The folders that the tables name, each with a model of its kind; for the curves, of each step. */
async function writeAll(): Promise<void> {
  await writeSets(at('sets'), 2);
  const tables = PAPER_TABLES.filter(({ name }) => NAMES.includes(name));
  const cells = tables.flatMap(({ rows }) => rows.flatMap((row) => Object.values(row.cells)));
  const named = cells.flatMap(({ ours }) => (typeof ours === 'object' ? ours.model : []));
  for (const [seed, name] of [...new Set(named)].entries()) {
    const kind = name.includes('itm') ? 'itm' : name.includes('t5') ? 't5' : 'opt';
    writeModel(kind, at('models', name), seed);
  }
  for (const curve of CURVES) {
    const model = curve.startsWith('t5') ? 'blip2-flan-t5-xl' : 'blip2-opt-2.7b';
    for (const step of STEPS)
      cpSync(at('models', model), at('models', 'figure5', curve, `step-${step}`), { recursive: true });
  }
}

/** @returns the tables by name */
async function reproduce(...options: string[]) {
  const { code, stdout, stderr } = await blip2Here(
    ...['reproduce', ...NAMES, '--scale', 'paper', '--models', at('models'), '--sets', at('sets')],
    ...['--out', at('out'), '--limit', '2', '--dtype', 'auto', '--json', ...options],
  );
  const { tables } = JSON.parse(stdout) as { tables: FilledTable[] };
  return { code, stderr, tables: Object.fromEntries(tables.map((table) => [table.name, table])) };
}

describe('tables 1 and 2, figure 5', { timeout: 300_000 }, () => {
  let first: Awaited<ReturnType<typeof reproduce>>;

  beforeAll(async () => {
    await writeAll();
    first = await reproduce();
  }, 300_000);

  test('nothing is missing, nothing failed, the command says so', () => {
    expect({ code: first.code, stderr: first.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^All models and sets are there\./) as string,
    });
    expect(Object.keys(first.tables)).toEqual(NAMES);
    for (const table of Object.values(first.tables))
      expect(table).toMatchObject({ missing: [], failures: [], limit: 2 });
  });

  test.each(NAMES)('%s: every cell that the table has for us is filled; its pages are written', (name) => {
    const expected = [...PAPER_TABLES, figure5Table(at('models'))].find((table) => table.name === name)!;
    const wanted = expected.rows.flatMap(({ name: row, cells }) =>
      Object.entries(cells).flatMap(([column, { ours }]) => (ours === undefined ? [] : [[row, column]])),
    );
    expect(wanted.length).toBe({ table1: 6, table2: 36, figure5: 8 }[name]);
    for (const [row, column] of wanted) {
      const cell = first.tables[name].rows.find((one) => one.name === row)!.cells[column];
      const filled = expect.any(Number) as number;
      if (/test-dev/.test(column)) expect(cell).toMatchObject({ state: 'server' });
      else if (/SPICE/.test(column))
        expect([filled, 'no such score']).toContainEqual(cell.ours ?? cell.state);
      else expect({ row, column, ...cell }).toMatchObject({ row, column, ours: filled });
      if (cell.results) expect(existsSync(at('out', cell.results, 'browse.html'))).toBe(true);
    }
    const [page, text] = ['html', 'md'].map((kind) => readFileSync(at('out', `${name}.${kind}`), 'utf8'));
    expect(page).toContain(expected.title);
    expect(text).not.toMatch(/undefined|NaN|missing/);
  });

  test('figure 5: a row for each step of each curve, in the order of the steps', () => {
    expect(first.tables.figure5.rows.map(({ name }) => name)).toEqual([
      ...['OPT with stage 1, step 20,000', 'OPT with stage 1, step 80,000'],
      ...['OPT without stage 1, step 20,000', 'OPT without stage 1, step 80,000'],
      ...['FlanT5 with stage 1, step 20,000', 'FlanT5 with stage 1, step 80,000'],
      ...['FlanT5 without stage 1, step 20,000', 'FlanT5 without stage 1, step 80,000'],
    ]);
  });

  test('again, with what the server said: its cell is filled, nothing else changes', async () => {
    const cell = ({ tables }: typeof first) =>
      tables.table1.rows.find(({ name }) => name === 'BLIP-2')!.cells['VQAv2 test-dev'];
    writeFileSync(at('out', cell(first).results!, 'server.json'), '{"accuracy": 64.2}');
    const again = await reproduce();
    expect(cell(again)).toMatchObject({ paper: 65, ours: 64.2 });
    expect(again.tables.figure5).toEqual(first.tables.figure5);
  });
});
