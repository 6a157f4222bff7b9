/** CapFilt over shards: whole or not there, the same however they are shared out, every caption's origin kept. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { capfiltShards } from '../../packages/core/src/capfilt';
import { openSource } from '../../packages/core/src/data';
import { writeShards } from '../recipes/pictures';
import { fakes } from './fakes';

const options = { batchSize: 5, samples: 3 };
let files: string;
beforeAll(async () => {
  files = (await writeShards({ shards: 3, each: 12 })).replace('shards?files=', '');
});
const newDir = () => mkdtempSync(join(tmpdir(), 'blip2-capfilt-'));
const bytesOf = (dir: string) => ['0', '1', '2'].map((name) => readFileSync(join(dir, `${name}.tar`)));

describe('capfiltShards', () => {
  test('pictures with the two best captions, where they come from, and what the web said', async () => {
    const out = newDir();
    const records = await capfiltShards({ ...fakes().towers, ...options, files, out });
    expect(records).toHaveLength(3);
    expect(records[0]).toMatchObject({
      shard: '0.tar',
      skipped: 0,
      summary: { pictures: 12, captions: 24, webKept: 12 },
      statistics: {
        ranked: { web: { captions: 12, scores: { 50: 12 }, words: { 7: 12 } }, captioner: { captions: 24 } },
        kept: { web: { captions: 12 }, captioner: { captions: 12, scores: { 90: 12 }, words: { 3: 12 } } },
      },
    });
    const source = await openSource(`shards?files=${out}/{0..2}.tar`);
    expect(source.size).toBe(36);
    const { id, captions, metadata } = await source.read(0);
    expect(captions).toEqual([expect.stringMatching(/^drawn -?\d+ 2$/), `a red square and a red circle`]);
    expect(metadata).toMatchObject({
      ...{ sources: ['captioner', 'web'], scores: [0.9, 0.5], webRank: 2, ranked: 3, broken: 1 },
      web: ['a red square and a red circle'],
      others: [
        { caption: expect.stringMatching(/^drawn -?\d+ 1$/) as string, score: 0.1, source: 'captioner' },
      ],
    });
    expect(id).toBe('00000');
    await source.close();
  });

  test('what is whole is left alone; what is missing is made again, byte for byte; parts make the whole', async () => {
    const [out, parts] = [newDir(), newDir()];
    const whole = fakes();
    await capfiltShards({ ...whole.towers, ...options, files, out });
    expect(whole.asked.times).toBe(9);
    const before = bytesOf(out);
    const modified = statSync(join(out, '0.tar')).mtimeMs;
    rmSync(join(out, '1.json')); // killed before the record was written
    const again = fakes();
    await capfiltShards({ ...again.towers, ...options, files, out });
    expect(again.asked.times).toBe(3);
    expect(bytesOf(out)).toEqual(before);
    expect(statSync(join(out, '0.tar')).mtimeMs).toBe(modified);
    for (const range of ['{2..2}', '{0..1}']) {
      await capfiltShards({
        ...fakes().towers,
        ...options,
        files: files.replace('{0..2}', range),
        out: parts,
      });
    }
    expect(bytesOf(parts)).toEqual(before);
  });

  test('other options, and names that meet, are refused', async () => {
    const out = newDir();
    await capfiltShards({ ...fakes().towers, ...options, files, out });
    const other = capfiltShards({ ...fakes().towers, ...options, seed: 1, files, out });
    await expect(other).rejects.toThrow(/0\.json: the shard was made of another, or with other/);
    const first = files.replace('{0..2}', '0');
    const twice = capfiltShards({ ...fakes().towers, ...options, files: `{${first},${first}}`, out });
    await expect(twice).rejects.toThrow('Two shards are called 0.tar');
  });
});
