/** CapFilt's pages: of a split, and of shards, however many made them. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addStatistics,
  capfiltShards,
  readShardRecords,
  statisticsOf,
  type RankedRecord,
} from '../../packages/core/src/capfilt';
import { shapes } from '../../packages/core/src/data';
import { writeCapFiltPage, writeCapFiltShardsPage } from '../../packages/core/src/report';
import { quantile, spanOf, barsOf } from '../../packages/core/src/report/capfilt/spread';
import { fakes } from '../capfilt/fakes';
import { newFolder } from '../capfilt/towers';
import { writeShards } from '../recipes/pictures';

const EVIL = '<script>alert(1)</script> & "quoted"';

/** What a row of the page's first table says. */
function row(page: string, name: string): string[] {
  const [, cells] = new RegExp(`<th scope="row">${name}</th>([^]*?)</tr>`).exec(page)!;
  return [...cells.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, text]) => text);
}

describe('of shards', () => {
  const options = { batchSize: 5, samples: 3 };
  let files: string;
  const make = (out: string, range = '{0..2}', towers = fakes().towers) =>
    capfiltShards({ ...towers, ...options, files: files.replace('{0..2}', range), out });
  const read = async (dir: string) => readFileSync(await writeCapFiltShardsPage(dir), 'utf8');
  beforeAll(async () => {
    files = (await writeShards({ shards: 3, each: 12 })).replace('shards?files=', '');
  });

  test('says of which captions how many were kept, and shows samples of all shards', async () => {
    const out = newFolder('page');
    await make(out);
    const page = await read(out);
    expect(row(page, 'of the web')).toEqual(['36', '36', '100.0 %', '50.0 %', '0.50', '0.50']);
    expect(row(page, 'drawn')).toEqual(['72', '36', '50.0 %', '50.0 %', '0.10', '0.90']);
    expect(row(page, 'together')).toEqual(['108', '72', '66.7 %', '100.0 %', '0.50', '0.50']);
    expect(row(page, 'pictures read')).toEqual(['36']);
    expect(row(page, 'samples passed over: empty, or cut off')).toEqual(['36']);
    expect(page.match(/<article class="card">/g)).toHaveLength(36);
    for (const id of ['00000', '20011']) expect(page).toContain(`<figcaption>${id}</figcaption>`);
    expect(page.match(/<li class="kept">/g)).toHaveLength(72);
    expect(page.match(/<li class="dropped">/g)).toHaveLength(36);
  });

  test('made in parts, and after a stop, it is the same; what is not whole is told', async () => {
    const [whole, parts] = [newFolder('whole'), newFolder('parts')];
    await make(whole);
    await make(parts, '{2..2}');
    await make(parts, '{0..1}');
    const [expected, found] = [await read(whole), await read(parts)];
    expect(found.replaceAll(parts, '')).toBe(expected.replaceAll(whole, ''));
    rmSync(join(parts, '1.json'));
    const stopped = await read(parts);
    expect(stopped).toContain('Not counted here: 1 shard not finished yet.');
    expect(row(stopped, 'pictures read')).toEqual(['24']);
    await make(parts);
    expect((await read(parts)).replaceAll(parts, '')).toBe(expected.replaceAll(whole, ''));
  });

  test('what was made with other models or options stays apart', async () => {
    const [one, other] = [newFolder('one'), newFolder('other')];
    await make(one);
    const { captioner, ranker } = fakes().towers;
    await make(other, '0', { captioner: { ...captioner, hash: 'another' }, ranker });
    for (const name of ['0.tar', '0.json']) copyFileSync(join(other, name), join(one, name));
    expect(() => readShardRecords(one)).toThrow('0.tar and 1.tar were made with other models or options');
    writeFileSync(join(one, '0.json'), '{"shard": "0.tar"}');
    expect(() => readShardRecords(one)).toThrow(/0\.json is no record of a captioned shard/);
  });
});

const record = (captions: string[], scores: number[], id = 'train-00000'): RankedRecord => ({
  ...{ id, captions, scores, sources: captions.map(() => 'captioner'), webRank: 3, ranked: 3, broken: 0 },
  others: [{ caption: EVIL, score: -0.2, source: 'web' }],
});

test('of a split; captions are text, whatever they look like', async () => {
  const dir = newFolder('split');
  const file = join(dir, 'captions.jsonl');
  const { train } = shapes({ train: 1, validation: 1, test: 1 });
  writeFileSync(file, `${JSON.stringify(record(['a red circle', EVIL], [0.3, 0.2], train.id(0)))}\n`);
  writeFileSync(join(dir, 'recipe.json'), JSON.stringify({ config: { samples: 10, keep: 2, topP: 0.9 } }));
  const counts = { pictures: 1, captions: 2, texts: 2, broken: 0, webKept: 0, webFirst: 0, alike: 0 };
  const made = { dir, file, hash: '', summary: counts };
  const page = readFileSync(await writeCapFiltPage(made, train), 'utf8');
  expect(page).not.toContain('<script');
  expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;quoted&quot;/g)).toHaveLength(2);
  expect(page).toContain('−0.200');
  writeFileSync(file, `${JSON.stringify({ id: 'a', captions: ['b'] })}\n`);
  await expect(writeCapFiltPage(made, train)).rejects.toThrow(/line 1 does not say what was ranked/);
});

test('counts of parts add up to those of the whole', () => {
  const records = [record(['a b', 'c'], [0.31, 0.305]), record(['d'], [0.1]), record([], [])];
  const parts = records.map((one) => statisticsOf([one]));
  expect(addStatistics(parts)).toEqual(statisticsOf(records));
  const { ranked, kept } = addStatistics(parts);
  expect(ranked.web).toEqual({ captions: 3, scores: { '-20': 3 }, words: { 3: 3 } });
  expect(kept.captioner).toEqual({ captions: 3, scores: { 31: 1, 30: 1, 10: 1 }, words: { 1: 2, 2: 1 } });
});

test('quantiles, and bars that hold all but what lies far out', () => {
  const counts = { '-3': 1, 0: 2, 5: 6, 90: 1 };
  expect([0.1, 0.2, 0.5, 0.9, 1].map((share) => quantile(counts, share))).toEqual([-3, 0, 5, 5, 90]);
  const span = spanOf([counts]);
  expect(span).toEqual({ low: -5, high: 95, step: 5 });
  expect(barsOf(counts, span)).toEqual([
    { from: -5, share: 0.1 },
    { from: 0, share: 0.2 },
    { from: 5, share: 0.6 },
    { from: 90, share: 0.1 },
  ]);
  const far = { 0: 100_000, 1_000_000: 1 };
  expect(spanOf([far])).toEqual({ low: 0, high: 1, step: 1 });
});
