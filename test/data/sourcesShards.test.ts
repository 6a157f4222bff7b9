// Tar shards, read at random through an index.
import { readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSource } from '../../packages/core/src/data';
import { contents, faultsOf, jpeg, put, shard, tar, temporaryDir } from './sourcesFixture';

let dir: string;
beforeEach(() => {
  dir = temporaryDir();
});

describe('shards', () => {
  beforeEach(async () => {
    put(dir, '00000.tar', await shard(0, 3));
    put(dir, '00001.tar', await shard(3, 2));
  });

  it('are read at random, with captions and columns', async () => {
    const source = await openSource(`laion?dir=${dir}`);
    expect(source.size).toBe(5);
    const { id, captions, metadata } = await source.read(4);
    expect([id, captions, metadata]).toEqual(['000000004', ['Picture 4.'], { NSFW: 'NSFW' }]);
    expect(
      Object.keys(await contents(await openSource(`shards?files=${dir}/{00000..00001}.tar`))),
    ).toHaveLength(5);
    expect((await openSource(`cc3m?dir=${dir}`)).size).toBe(5);
    expect((await openSource(dir)).identity).toEqual(source.identity);
  });

  it('know several captions, LAVIS’s lists, and members in any order', async () => {
    const picture = await jpeg(90);
    put(
      dir,
      'x/a.tar',
      tar({
        'a.json': '{"captions": ["one", "two"]}',
        'a.jpg': picture,
        'b.jpg': picture,
        'b.json': '["three", "four"]',
        'sub/c.png': picture,
        'sub/c.txt': 'five\n',
        'lonely.txt': 'no picture',
        'mute.jpg': picture,
      }),
    );
    const source = await openSource(`laion?dir=${dir}/x`);
    expect(await contents(source)).toEqual({ a: ['one', 'two'], b: ['three', 'four'], 'sub/c': ['five\n'] });
    expect(faultsOf(source)).toEqual({ 'no picture': 1, 'no text': 1 });
  });

  it('cut short: the samples before are there, the place is named', async () => {
    truncateSync(join(dir, '00001.tar'), statSync(join(dir, '00001.tar')).size - 3000);
    const source = await openSource(`laion?dir=${dir}`);
    expect(source.size).toBe(4);
    const [fault] = Object.entries(source.faults.by);
    expect(fault[0]).toMatch(/shard is broken \(cut short\)/);
    expect(fault[1].examples[0]).toMatch(/00001\.tar at byte \d+/);
  });

  it('are indexed anew when they change, and only then', async () => {
    const index = (name: string) => `laion?dir=${dir}&cache=${join(dir, name)}`;
    const before = await openSource(index('cache'));
    put(dir, '00001.tar', await shard(3, 4));
    const after = await openSource(index('cache'));
    expect([before.size, after.size]).toEqual([5, 7]);
    expect(after.identity).not.toEqual(before.identity);
    utimesSync(join(dir, '00001.tar'), 1, 1);
    expect((await openSource(index('cache'))).identity).toEqual(after.identity);
  });

  it('which shrank after they were indexed: the sample is named', async () => {
    const source = await openSource(`laion?dir=${dir}`);
    truncateSync(join(dir, '00001.tar'), 100);
    await expect(source.read(4)).rejects.toThrow(/00001\.tar at byte \d+: the shard is shorter/);
  });

  it('of Python’s tarfile, with headers of its own, are read too', async () => {
    const pax = Buffer.from('30 mtime=1700000000.123456789\n28 path=long/name.of.it.jpg\n');
    const blocks = tar({ pax: pax, 'short.jpg': await jpeg(90), 'long/name.txt': 'a name' });
    blocks[156] = 'x'.charCodeAt(0);
    let sum = 0;
    for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : blocks[i];
    blocks.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    put(dir, 'p/a.tar', blocks);
    expect(await contents(await openSource(`laion?dir=${dir}/p`))).toEqual({ 'long/name': ['a name'] });
  });
});

describe('shards with a table beside each, as img2dataset writes them', () => {
  const table = join(import.meta.dirname, '../fixtures/img2dataset.parquet');

  it('have captions and columns from the table', async () => {
    const picture = await jpeg(90);
    const names = ['000000000', '000000002', '000000003', '000000009'];
    put(dir, '00000.tar', tar(Object.fromEntries(names.map((name) => [`${name}.jpg`, picture]))));
    put(dir, '00000.parquet', readFileSync(table));
    put(dir, '00001.tar', tar({ 'x.jpg': picture }));
    const source = await openSource(`parquet?dir=${dir}`);
    const { metadata } = await source.read(1);
    expect(metadata).toMatchObject({
      url: 'http://example.org/3.jpg',
      width: 40,
      NSFW: 'UNLIKELY',
      similarity: 1,
    });
    expect(await contents(source)).toEqual({ '000000000': ['a cat'], '000000003': ['a bus'] });
    expect(faultsOf(source)).toEqual({
      'no caption': 1,
      'a picture that the table does not have': 1,
      'a shard without a table': 1,
    });
  });

  it('of which a table is broken: it is named', async () => {
    put(dir, '00000.tar', tar({ 'x.jpg': await jpeg(90) }));
    put(dir, '00000.parquet', readFileSync(table).subarray(0, 2000));
    await expect(openSource(`parquet?dir=${dir}`)).rejects.toThrow(/00000\.parquet/);
  });
});
