// `blip2 data`: checks a copy, packs shards.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { put, shard, temporaryDir } from '../data/sourcesFixture';
import { blip2 } from './run';

it('checks a mix, packs it, and checks the shards', async () => {
  const dir = temporaryDir();
  put(dir, 'a/0.tar', await shard(0, 3));
  put(dir, 'b/0.tar', await shard(3, 4));
  put(dir, 'mix.json', { sources: [{ data: `laion?dir=${dir}/a` }, { data: `${dir}/b` }] });
  const page = join(dir, 'samples.html');
  const checked = await blip2('data', 'check', join(dir, 'mix.json'), '--page', page, '--json');
  expect([checked.code, checked.stderr.includes('error')]).toEqual([0, false]);
  const reports = JSON.parse(checked.stdout) as { ok: boolean; pictures: number }[];
  expect(reports.map(({ ok, pictures }) => [ok, pictures])).toEqual([
    [true, 3],
    [true, 4],
  ]);
  expect(readFileSync(page, 'utf8')).toContain('Picture 6.');

  const out = join(dir, 'out');
  const packed = await blip2('data', 'pack', join(dir, 'mix.json'), '--out', out, '--max-count', '5');
  expect(packed.stdout).toContain('7 pictures in 2 shards');
  expect(existsSync(join(out, '00001.tar'))).toBe(true);
  const again = await blip2('data', 'check', `shards?files=${out}/{00000..00001}.tar`);
  expect(again.stdout).toMatch(/7 pictures[\s\S]*whole/);
});

it('a copy that is not whole is exit code 1, a wrong specification 2', async () => {
  const dir = temporaryDir();
  put(dir, 'captions.jsonl', '{"image": "a.jpg", "caption": "one", "split": "train"}\n');
  const { code, stdout } = await blip2('data', 'check', dir);
  expect(code).toBe(1);
  expect(stdout).toMatch(/missing: 1 × no such file: .*a\.jpg/);
  const wrong = await blip2('data', 'check', 'coko?dir=x');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('coco, vg, vqav2, vgqa, cc3m');
});
