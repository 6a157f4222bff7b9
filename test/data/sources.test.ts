// Readers of the public sets' own layouts, each from a small copy, and from one that is damaged.
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSource, UnreadableError } from '../../packages/core/src/data';
import { contents, faultsOf, jpeg, put, shard, tar, temporaryDir } from './sourcesFixture';

let dir: string;
beforeEach(() => {
  dir = temporaryDir();
});

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
    expect(source.faults.by['not JSON'].examples[0]).toMatch(/coco_karpathy_train\.json entry 4/);
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
