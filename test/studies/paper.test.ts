/** The paper's tables at its own scale: what is counted, what is said to be missing, and tables filled from end to end. */
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeEvaluationPage, writePaperTable } from '../../packages/core/src/report';
import {
  figure5Table,
  fillTables,
  missingOf,
  PAPER_FOLDERS,
  PAPER_TABLES,
  PaperDisk,
  type FilledTable,
} from '../../packages/core/src/studies';
import { writeModel } from '../evaluate/published/models';
import { writeSets } from '../evaluate/published/sets';

const root = mkdtempSync(join(tmpdir(), 'blip2-paper-'));
const nothing = { models: join(root, 'no-models'), sets: join(root, 'no-sets') };
process.env.HF_HUB_CACHE = join(root, 'hub');

describe('counted from configurations', () => {
  const counted = PAPER_TABLES.flatMap(({ name, rows }) =>
    rows.flatMap((row) =>
      Object.entries(row.cells).flatMap(([column, { paper, ours }]) =>
        typeof ours === 'number'
          ? [{ name: `${name}, ${row.name}, ${column}`, column, paper: paper!, ours }]
          : [],
      ),
    ),
  );

  test('every row of BLIP-2 that has such a column', () => {
    expect(counted.map(({ name }) => name.split(',')[0])).toEqual([
      'table1',
      ...Array<string>(12).fill('table2'),
      ...Array<string>(3).fill('table3'),
      ...Array<string>(3).fill('table4'),
      ...Array<string>(2).fill('table5'),
    ]);
  });

  test.each(counted)('$name: $paper', ({ name, column, paper, ours }) => {
    if (name.startsWith('table1')) return expect(ours).toBeCloseTo(186.705, 2); // the paper says 188
    if (column === 'all, B') return expect(Math.abs(ours / paper - 1)).toBeLessThan(0.05);
    if (name.startsWith('table5') && paper === 1200) return expect(Math.round(ours / 100)).toBe(12);
    const digits = String(paper).split('.')[1]?.length ?? 0;
    expect(ours.toFixed(digits)).toBe(String(paper));
  });
});

test('what is missing is named once, with how to get it', async () => {
  const missing = await missingOf(new PaperDisk(nothing), PAPER_TABLES);
  const names = missing.map(({ what }) => what);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith('model '))).toHaveLength(Object.keys(PAPER_FOLDERS).length);
  expect(names.filter((name) => !name.startsWith('model '))).toEqual(
    expect.arrayContaining([
      'vqav2 val',
      'vqav2 test-dev',
      'okvqa val',
      'gqa testdev',
      'nocaps val',
      'flickr30k test',
    ]),
  );
  const how = (name: string) => missing.find(({ what }) => what === `model ${name}`)!.how;
  expect(how('blip2-opt-2.7b')).toBe('blip2 download Salesforce/blip2-opt-2.7b');
  expect(how('blip2-opt-6.7b-vqa')).toMatch(/no weights are published.*490 px, layer decay 0\.9 /);
  expect(missing.find(({ what }) => what === 'gqa testdev')!.how).toMatch(/images\/n161313\.jpg/);
});

test('without models and sets: parameters and the paper’s numbers, everything else missing', async () => {
  const filled = await fillTables(new PaperDisk(nothing), [PAPER_TABLES[1]], { out: join(root, 'empty') });
  const row = filled![0].rows.find(({ name }) => name === 'ViT-g OPT-2.7B')!;
  expect(row.cells['VQAv2 val']).toEqual({ paper: 53.5, state: 'missing' });
  expect(row.cells['trainable, M'].ours).toBeCloseTo(107.13, 1);
  writePaperTable(join(root, 'empty'), filled![0]);
  expect(readFileSync(join(root, 'empty', 'table2.md'), 'utf8')).toMatch(/\*\*model blip2-opt-2\.7b\*\*/);
});

describe('from end to end, with small models of random weights', { timeout: 1_800_000 }, () => {
  const models = join(root, 'models');
  const sets = join(root, 'sets');
  const out = join(root, 'out');
  const disk = new PaperDisk({ models, sets });
  let tables: FilledTable[];
  let evaluated = 0;
  const fill = async () => {
    evaluated = 0;
    const all = [...PAPER_TABLES, figure5Table(models)];
    const onEvaluation = async (folder: string, evaluation: Parameters<typeof writeEvaluationPage>[1]) => {
      evaluated++;
      await writeEvaluationPage(folder, evaluation);
    };
    return (await fillTables(disk, all, { out, onEvaluation }))!;
  };

  beforeAll(async () => {
    await writeSets(sets, 3);
    const kinds = { itm: /itm/, t5: /t5/, opt: /opt/ };
    for (const name of Object.keys(PAPER_FOLDERS)) {
      const [kind] = Object.entries(kinds).find(([, pattern]) => pattern.test(name))!;
      writeModel(kind as keyof typeof kinds, join(models, name), name.length);
    }
    for (const step of [100, 200]) {
      cpSync(join(models, 'blip2-opt-2.7b'), join(models, `figure5/opt-with-stage1/step-${step}`), {
        recursive: true,
      });
    }
    tables = await fill();
  }, 1_800_000);

  test.each([...PAPER_TABLES.map(({ name }) => name), 'figure5'])('%s: no cell of ours is empty', (name) => {
    const table = tables.find((one) => one.name === name)!;
    expect(table).toMatchObject({ missing: [], failures: [] });
    const ours = table.rows.filter(({ isOurs }) => isOurs);
    expect(ours.length).toBeGreaterThan(0);
    for (const row of ours) {
      for (const [column, { ours: value, state, results }] of Object.entries(row.cells)) {
        if (/test-/.test(column)) expect(state).toBe('server');
        else if (/SPICE/.test(column)) expect([undefined, 'no such score']).toContain(state);
        else expect(value, `${row.name}, ${column}`).toEqual(expect.any(Number));
        if (results) expect(existsSync(join(out, results, 'browse.html'))).toBe(true);
      }
    }
    const page = writePaperTable(out, table);
    expect(readFileSync(page, 'utf8')).toContain(table.title);
    expect(readFileSync(join(out, `${name}.md`), 'utf8')).not.toMatch(/undefined|NaN|missing/);
  });

  test('again: nothing is evaluated a second time; what the server said is taken over', async () => {
    expect(evaluated).toBeGreaterThan(30);
    const cell = (from: FilledTable[]) =>
      from.find(({ name }) => name === 'table2')!.rows.at(-1)!.cells['VQAv2 test-dev'];
    writeFileSync(join(out, cell(tables).results!, 'server.json'), '{"accuracy": 64.2}');
    const again = await fill();
    expect(evaluated).toBe(0);
    expect(cell(again)).toMatchObject({ paper: 65, ours: 64.2 });
  });
});
