// Readers of the public sets' own layouts, each from a small copy, and from one that is damaged.
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSource, UnreadableError, type PictureSource } from '../../packages/core/src/data';
import { jpeg, put, shard, tar, temporaryDir } from './sourcesFixture';

let dir: string;
beforeEach(() => {
  dir = temporaryDir();
});

/** Ids with captions, in order. */
async function contents(source: PictureSource): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {};
  for (let i = 0; i < source.size; i++) {
    const { id, captions, bytes } = await source.read(i);
    expect(source.id(i)).toBe(id);
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    all[id] = captions;
  }
  await source.close();
  return all;
}
const faultsOf = ({ faults }: PictureSource) =>
  Object.fromEntries(Object.entries(faults.by).map(([reason, { count }]) => [reason, count]));

describe('COCO', () => {
  const karpathy = (split: string, name: string, ...raws: string[]) => ({
    filepath: 'val2014',
    filename: name,
    cocoid: 7,
    split,
    sentids: [1],
    sentences: raws.map((raw) => ({ tokens: [], raw, imgid: 0, sentid: 1 })),
  });

  it('in Karpathy’s split: train takes in restval', async () => {
    const images = [
      karpathy('train', 'a.jpg', 'A cat, "black"].', 'A \\ cat.'),
      karpathy('restval', 'b.jpg', 'Two {dogs}.'),
      karpathy('test', 'c.jpg', 'A bus.'),
    ];
    put(dir, 'dataset_coco.json', { dataset: 'coco', images });
    for (const name of ['a', 'b', 'c']) put(dir, `val2014/${name}.jpg`, await jpeg(90));
    expect(await contents(await openSource(`coco?dir=${dir}`))).toEqual({
      'a.jpg': ['A cat, "black"].', 'A \\ cat.'],
      'b.jpg': ['Two {dogs}.'],
    });
    expect(await contents(await openSource(`coco?dir=${dir}&split=test`))).toEqual({ 'c.jpg': ['A bus.'] });
  });

  it('in the official files', async () => {
    put(dir, 'annotations/captions_train2014.json', {
      info: { year: 2014, list: [1, 2] },
      images: [
        { id: 1, file_name: 'COCO_train2014_000000000001.jpg', height: 30, extra: [{}] },
        { id: 2, file_name: 'COCO_train2014_000000000002.jpg' },
      ],
      licenses: [],
      annotations: [
        { id: 10, image_id: 1, caption: 'First.' },
        { id: 11, image_id: 2, caption: 'Other.' },
        { id: 12, image_id: 1, caption: 'Second.' },
      ],
    });
    for (const n of [1, 2]) put(dir, `train2014/COCO_train2014_00000000000${n}.jpg`, await jpeg(90));
    expect(await contents(await openSource(`coco?dir=${dir}`))).toEqual({
      'COCO_train2014_000000000001.jpg': ['First.', 'Second.'],
      'COCO_train2014_000000000002.jpg': ['Other.'],
    });
  });

  it('in LAVIS’s list, a caption an entry; broken entries and missing pictures are named', async () => {
    const list = [
      { image: 'val2014/a.jpg', caption: 'One.', image_id: 'coco_1' },
      { image: 'val2014/b.jpg', caption: 'Two.', image_id: 'coco_2' },
      { image: 'val2014/a.jpg', caption: 'Three.', image_id: 'coco_1' },
      { caption: 'Of nothing.' },
    ];
    put(
      dir,
      'annotations/coco_karpathy_train.json',
      JSON.stringify(list).replace('}]', '},{"image": oops}]'),
    );
    put(dir, 'images/val2014/a.jpg', await jpeg(90));
    const source = await openSource(`coco?dir=${dir}`);
    expect(faultsOf(source)).toEqual({ 'no image': 1, 'not JSON': 1 });
    expect(source.faults.by['not JSON'].examples[0]).toMatch(/coco_karpathy_train\.json element 4/);
    expect((await source.read(0)).captions).toEqual(['One.', 'Three.']);
    await expect(source.read(1)).rejects.toThrow(/val2014\/b\.jpg: no such file/);
    await expect(source.read(1)).rejects.toBeInstanceOf(UnreadableError);
  });

  it('cut short: what comes before is there', async () => {
    put(dir, 'coco_karpathy_train.json', '[{"image": "a.jpg", "caption": "One."}, {"image": "b.jpg", "capt');
    put(dir, 'a.jpg', await jpeg(90));
    const source = await openSource(`coco?dir=${dir}`);
    expect(await contents(source)).toEqual({ 'a.jpg': ['One.'] });
    expect(faultsOf(source)).toEqual({ 'the file is cut short': 1 });
  });

  it('says what is not there', async () => {
    await expect(openSource(`coco?dir=${dir}`)).rejects.toThrow(/none of dataset_coco\.json/);
    await expect(openSource(`coco?dir=${dir}&split=dev`)).rejects.toThrow(/no split dev/);
    await expect(openSource(`coco?folder=${dir}`)).rejects.toThrow(/coco: dir/);
  });
});

describe('Visual Genome', () => {
  it('from its regions, the pictures in either folder', async () => {
    const region = (image_id: number, phrase: string) => ({
      region_id: 1,
      x: 0,
      y: 0,
      width: 1,
      height: 1,
      phrase,
      image_id,
    });
    put(dir, 'region_descriptions.json', [
      { id: 1, regions: [region(1, 'a clock '), region(1, 'a street'), region(1, 'a clock')] },
      { id: 2, regions: [region(2, 'a dog')] },
      { id: 3, regions: [region(3, 'lost')] },
    ]);
    put(dir, 'VG_100K/1.jpg', await jpeg(90));
    put(dir, 'VG_100K_2/2.jpg', await jpeg(90));
    const source = await openSource(`vg?dir=${dir}`);
    expect(await contents(source)).toEqual({ '1.jpg': ['a clock', 'a street'], '2.jpg': ['a dog'] });
    expect(source.faults.by['no such picture'].examples).toEqual(['VG_100K or VG_100K_2/3.jpg']);
  });

  it('from LAVIS’s list', async () => {
    put(dir, 'vg_caption.json', [
      { image: 'VG_100K/1.jpg', caption: 'a clock', dataset: 'vg' },
      { image: 'VG_100K/1.jpg', caption: 'a street', dataset: 'vg' },
    ]);
    put(dir, 'images/VG_100K/1.jpg', await jpeg(90));
    expect(await contents(await openSource(`vg?dir=${dir}`))).toEqual({
      'VG_100K/1.jpg': ['a clock', 'a street'],
    });
  });
});

describe('lists of addresses, with what was fetched', () => {
  it('CC3M: the caption first; pictures by the number of their row', async () => {
    put(dir, 'Train_GCC-training.tsv', 'a cat\thttp://x/1\na dog\thttp://x/2\na bus\thttp://x/3\n');
    put(dir, 'images/0_3735928559', await jpeg(90));
    put(dir, 'images/00001/000000002.jpg', await jpeg(90));
    put(dir, 'images/00001/000000009.jpg', await jpeg(90));
    const source = await openSource(`cc3m?dir=${dir}`);
    expect(await contents(source)).toEqual({
      'images/0_3735928559': ['a cat'],
      'images/00001/000000002.jpg': ['a bus'],
    });
    expect(source.faults.by['rows whose picture was not fetched'].examples).toEqual(['1 of 3']);
    expect(source.faults.by['a picture of no row'].examples).toEqual(['images/00001/000000009.jpg']);
  });

  it('CC12M: the address first; a line without a caption is named', async () => {
    put(dir, 'cc12m.tsv', 'http://x/1\ta cat\nhttp://x/2\nhttp://x/3\ta bus\textra\n');
    for (const n of [0, 1, 2]) put(dir, `images/${n}.jpg`, await jpeg(90));
    const source = await openSource(`cc12m?dir=${dir}`);
    expect(await contents(source)).toEqual({ 'images/0.jpg': ['a cat'], 'images/2.jpg': ['a bus'] });
    expect(source.faults.by['no caption'].examples).toEqual([`${join(dir, 'cc12m.tsv')} line 2`]);
  });

  it('SBU: parallel lists, in one file or two', async () => {
    put(dir, 'sbu-captions-all.json', {
      image_urls: ['u', 'v'],
      captions: ['a hill', 'a sea'],
      user_ids: ['1', '2'],
    });
    for (const n of [0, 1]) put(dir, `images/${n}.jpg`, await jpeg(90));
    const expected = { 'images/0.jpg': ['a hill'], 'images/1.jpg': ['a sea'] };
    expect(await contents(await openSource(`sbu?dir=${dir}`))).toEqual(expected);
    rmSync(join(dir, 'sbu-captions-all.json'));
    put(dir, 'SBU_captioned_photo_dataset_captions.txt', 'a hill\na sea\n');
    expect(await contents(await openSource(`sbu?dir=${dir}`))).toEqual(expected);
  });

  it('LAVIS’s list of what was fetched', async () => {
    put(dir, 'cc3m.json', [
      { image: 'x/1.jpg', caption: 'a cat' },
      { image: 'x/2.jpg', caption: '' },
    ]);
    put(dir, 'x/1.jpg', await jpeg(90));
    const source = await openSource(`cc3m?dir=${dir}`);
    expect(await contents(source)).toEqual({ 'x/1.jpg': ['a cat'] });
    expect(faultsOf(source)).toEqual({ 'no caption': 1 });
  });
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

describe('a folder with captions.jsonl', () => {
  it('gives a split; broken lines are named', async () => {
    put(
      dir,
      'captions.jsonl',
      '{"image": "a.jpg", "caption": "one", "split": "train", "licence": "CC0"}\n{"image": "b.jpg"\n{"image": "c.jpg", "caption": "three", "split": "test"}\n',
    );
    put(dir, 'a.jpg', await jpeg(90));
    put(dir, 'c.jpg', await jpeg(90));
    const source = await openSource(dir);
    expect(faultsOf(source)).toEqual({ 'not JSON': 1 });
    expect((await source.read(0)).metadata).toEqual({ licence: 'CC0' });
    expect(await contents(source)).toEqual({ 'a.jpg': ['one'] });
    expect(Object.keys(await contents(await openSource(`${dir}?split=all`)))).toEqual(['a.jpg', 'c.jpg']);
  });
  it('is listed anew when its lines change', async () => {
    put(dir, 'captions.jsonl', '{"image": "a.jpg", "caption": "one", "split": "train"}\n');
    expect((await openSource(dir)).size).toBe(1);
    appendFileSync(join(dir, 'captions.jsonl'), '{"image": "b.jpg", "caption": "two", "split": "train"}\n');
    expect((await openSource(dir)).size).toBe(2);
    expect(readFileSync(join(dir, 'blip2', 'folder-train.jsonl'), 'utf8')).toContain('"two"');
  });
});

describe('a mix', () => {
  it('numbers one source after the other, and carries weights and faults', async () => {
    put(dir, 'a/0.tar', await shard(0, 3));
    put(dir, 'b/0.tar', tar({ 'x.jpg': await jpeg(9), 'x.txt': 'of b', 'y.txt': 'alone' }));
    put(dir, 'mix.json', {
      sources: [
        { data: `laion?dir=${dir}/a`, weight: 3 },
        { data: `laion?dir=${dir}/b`, weight: 1 },
      ],
    });
    const mix = await openSource(join(dir, 'mix.json'));
    expect(mix.parts.map(({ start, size, weight }) => [start, size, weight])).toEqual([
      [0, 3, 3],
      [3, 1, 1],
    ]);
    expect((await mix.read(3)).captions).toEqual(['of b']);
    expect([mix.id(2), mix.id(3)]).toEqual(['000000002', 'x']);
    expect(faultsOf(mix)).toEqual({ 'no picture': 1 });
  });
  it('says which key is wrong', async () => {
    put(dir, 'mix.json', { sources: [{ data: 'coco?dir=x', wieght: 3 }] });
    await expect(openSource(join(dir, 'mix.json'))).rejects.toThrow(/mix\.json: sources\.0.*wieght/);
    put(dir, 'mix.json', { sources: [{ data: 'x', weight: 3 }, { data: 'y' }] });
    await expect(openSource(join(dir, 'mix.json'))).rejects.toThrow(/weights of some sources/);
  });
});
