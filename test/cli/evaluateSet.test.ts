/** `blip2 evaluate … --data vqav2?dir=…` and `blip2 reproduce --scale paper`, as commands. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeModel } from '../evaluate/published/models';
import { writeFlickr30k, writeNocaps, writeVqa } from '../evaluate/published/sets';
import { blip2Here as blip2 } from './run';

const root = mkdtempSync(join(tmpdir(), 'blip2-evaluate-set-'));
const at = (...path: string[]) => join(root, ...path);
process.env.BLIP2_RUNS = at('runs');
process.env.HF_HUB_CACHE = at('hub');

interface Printed {
  out: string;
  page: string;
  rows: { group: string; samples: number; scores: Record<string, number> }[];
}

describe('on public sets', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    writeModel('opt', at('models', 'blip2-opt-2.7b'));
    writeModel('itm', at('models', 'blip2-itm-vit-g-coco'));
    await writeVqa(at('sets', 'vqav2'), 3);
    await writeNocaps(at('sets', 'nocaps'), 3);
    await writeFlickr30k(at('sets', 'flickr30k'), 3);
  }, 120_000);

  test('vqa: scores, results, a page, the server’s file; problems on standard error', async () => {
    writeFileSync(at('sets', 'vqav2', 'val2014', 'COCO_val2014_000000000101.jpg'), 'broken');
    const data = `vqav2?dir=${at('sets', 'vqav2')}`;
    const { code, stdout, stderr } = await blip2(
      ...[
        'evaluate',
        'vqa',
        '--model',
        at('models', 'blip2-opt-2.7b'),
        '--data',
        data,
        '--num-beams',
        '2',
        '--json',
      ],
    );
    expect(code).toBe(0);
    const { out, page, rows } = JSON.parse(stdout) as Printed;
    expect(rows[0]).toMatchObject({ group: 'all', samples: 6 });
    expect(stderr).toMatch(/1 pictures could not be decoded: .*000000000101\.jpg/);
    for (const file of ['results.jsonl', 'submission.json', 'summary.json'])
      expect(existsSync(join(out, file))).toBe(true);
    expect(readFileSync(page, 'utf8')).toMatch(/data:image\/jpeg;base64,/);
  });

  test('caption and retrieval', async () => {
    const captioned = await blip2(
      ...['evaluate', 'caption', '--model', at('models', 'blip2-opt-2.7b'), '--num-beams', '1'],
      ...['--data', `nocaps?dir=${at('sets', 'nocaps')}`, '--out', at('captions')],
    );
    expect(captioned.stdout).toMatch(/near-domain +1/);
    const found = await blip2(
      ...['evaluate', 'retrieval', '--model', at('models', 'blip2-itm-vit-g-coco'), '--k', '4'],
      ...['--data', `flickr30k?dir=${at('sets', 'flickr30k')}`, '--out', at('retrieval')],
    );
    expect(found.stdout).toMatch(/image→text, ITM +3/);
    const wrong = await blip2(
      ...['evaluate', 'retrieval', '--model', at('models', 'blip2-itm-vit-g-coco'), '--swaps'],
      ...['--data', `flickr30k?dir=${at('sets', 'flickr30k')}`],
    );
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--swaps is not for public sets/)]);
  });

  test('reproduce --scale paper: says what is missing, fills what it can, exits with 1', async () => {
    const folders = ['--models', at('models'), '--sets', at('sets')];
    const dry = await blip2('reproduce', 'table1', 'table6', '--scale', 'paper', ...folders, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: '' });
    expect(dry.stderr).toMatch(/blip2 download Salesforce\/blip2-flan-t5-xxl/);
    const { code, stdout } = await blip2(
      ...[
        'reproduce',
        'table1',
        '--scale',
        'paper',
        ...folders,
        '--limit',
        '2',
        '--out',
        at('paper'),
        '--json',
      ],
    );
    expect(code).toBe(1);
    const { tables } = JSON.parse(stdout) as {
      tables: { rows: { name: string; cells: Record<string, object> }[] }[];
    };
    const row = tables[0].rows.find(({ name }) => name === 'BLIP-2')!;
    expect(row.cells['Flickr30K TR@1']).toMatchObject({ paper: 97.6, ours: expect.any(Number) as number });
    expect(row.cells['VQAv2 test-dev']).toMatchObject({ state: 'missing' });
    expect(existsSync(at('paper', 'table1.html'))).toBe(true);
    const unknown = await blip2('reproduce', 'figure4', '--scale', 'paper');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/figure4/)]);
  });
});
