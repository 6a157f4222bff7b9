// Shards written of any source, copies checked against the manifests.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import {
  checkSource,
  manifestNames,
  manifestOf,
  openSource,
  packShards,
  withoutWords,
} from '../../packages/core/src/data';
import { jpeg, put, shard, temporaryDir } from './sourcesFixture';

let dir: string;
beforeEach(async () => {
  dir = temporaryDir();
  put(dir, 'in/0.tar', await shard(0, 12));
});
const open = () => openSource(join(dir, 'in'));

describe('packing', () => {
  it('keeps every picture with its captions and columns, in another order', async () => {
    const out = join(dir, 'out');
    const record = await packShards(await open(), { out, maxCount: 5 });
    expect(record.shards).toEqual([
      { name: '00000.tar', pictures: 5 },
      { name: '00001.tar', pictures: 5 },
      { name: '00002.tar', pictures: 2 },
    ]);
    const packed = await openSource(out);
    const ids = [];
    for (let i = 0; i < packed.size; i++) {
      const { captions, metadata, bytes } = await packed.read(i);
      const number = Number(metadata!.id);
      ids.push(number);
      expect(captions).toEqual([`Picture ${number}.`]);
      expect(metadata!.NSFW).toBe(number % 2 ? 'UNLIKELY' : 'NSFW');
      expect(Buffer.from(bytes).equals(await jpeg(number * 5))).toBe(true);
    }
    expect([...ids].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    expect(ids).not.toEqual([...Array(12).keys()]);
  });

  it('goes on where it stopped, and ends with the same shards', async () => {
    const [whole, halved] = [join(dir, 'whole'), join(dir, 'halved')];
    await packShards(await open(), { out: whole, maxCount: 5 });
    let calls = 0;
    const stop = () => {
      if (existsSync(join(halved, '00001.tar')) && calls++ === 0) throw new Error('power cut');
    };
    await expect(packShards(await open(), { out: halved, maxCount: 5, onProgress: stop })).rejects.toThrow(
      'power cut',
    );
    await packShards(await open(), { out: halved, maxCount: 5 });
    for (const name of ['00000.tar', '00001.tar', '00002.tar', 'pack.json']) {
      expect(readFileSync(join(halved, name)).equals(readFileSync(join(whole, name)))).toBe(true);
    }
    await expect(packShards(await open(), { out: halved, maxCount: 4 })).rejects.toThrow(
      /other data, or made with other options/,
    );
  });

  it('shrinks, leaves out what is refused or cannot be decoded, and counts it', async () => {
    put(
      dir,
      'folder/captions.jsonl',
      ['big', 'broken', 'bad']
        .map((name) => `{"image": "${name}.jpg", "caption": "${name} thing", "split": "train"}\n`)
        .join(''),
    );
    put(dir, 'folder/big.jpg', await jpeg(40, 200, 100));
    put(dir, 'folder/bad.jpg', await jpeg(40));
    put(dir, 'folder/broken.jpg', 'no picture');
    const out = join(dir, 'out');
    const source = await openSource(join(dir, 'folder'));
    const { skipped } = await packShards(source, {
      out,
      imageSize: 50,
      filters: { words: withoutWords(['bad']) },
    });
    expect(skipped.by['filter words'].examples).toEqual(['bad.jpg']);
    expect(skipped.by['cannot be decoded'].examples[0]).toMatch(/^broken\.jpg/);
    const packed = await openSource(out);
    const { width, height } = await sharp((await packed.read(0)).bytes).metadata();
    expect([packed.size, width, height]).toEqual([1, 100, 50]);
  });
});

describe('checking', () => {
  it('compares with the manifest, looks for every picture, decodes some', async () => {
    const entry = (image: string) => ({ image, caption: [`of ${image}`] });
    put(dir, 'coco/coco_karpathy_train.json', ['a.jpg', 'b.jpg', 'c.jpg'].map(entry));
    put(dir, 'coco/a.jpg', await jpeg(40));
    put(dir, 'coco/b.jpg', 'no picture');
    const report = await checkSource(await openSource(`coco?dir=${join(dir, 'coco')}`));
    expect(report.ok).toBe(false);
    expect([report.pictures, report.captions]).toEqual([3, 3]);
    expect(report.differences[0]).toBe('3 pictures, where the manifest says 113,287');
    expect(report.missing.by['no such file'].examples).toEqual([join(dir, 'coco/c.jpg')]);
    expect(report.broken.total).toBe(2);
    expect(report.samples).toEqual([{ id: 'a.jpg', captions: ['of a.jpg'], width: 40, height: 30 }]);
  });

  it('of a set of addresses, fewer pictures than the list are no fault', async () => {
    expect((await checkSource(await openSource(`cc3m?dir=${join(dir, 'in')}`))).ok).toBe(true);
    rmSync(join(dir, 'in'), { recursive: true });
  });
});

it('every manifest is as the schema says, and names what opens it', () => {
  expect(manifestNames()).toEqual(expect.arrayContaining(['cc12m', 'cc3m', 'coco', 'laion', 'sbu', 'vg']));
  for (const name of manifestNames()) {
    expect(manifestOf(name)).toMatchObject({ name });
    expect(manifestOf(name)!.data).toMatch(new RegExp(`^${name}\\?dir=DIR`));
  }
});
