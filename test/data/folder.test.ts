// Data of one's own: a folder of pictures with captions.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodePng } from '../../datasets/src';
import { folder, openFolder, requireTowers, splitNamed } from '../../packages/core/src/data';

const SIDE = 8;
let dir: string;

/** A picture of one grey. */
const draw = (name: string, grey: number) =>
  writeFileSync(join(dir, name), encodePng(new Uint8Array(SIDE * SIDE * 3).fill(grey), SIDE, SIDE));
const lines = (name: string, ...records: object[]) =>
  writeFileSync(join(dir, name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'folder-'));
  ['a', 'b', 'c', 'd'].forEach((name, i) => draw(`${name}.png`, 10 * (i + 1)));
  lines(
    'captions.jsonl',
    { image: 'a.png', caption: 'a dark square', split: 'train', licence: 'CC0' },
    { image: 'b.png', caption: 'a square', split: 'validation' },
    { image: 'a.png', caption: 'nearly black', split: 'train' },
    { image: 'c.png', caption: 'a lighter square', split: 'test' },
    { image: 'd.png', caption: 'the lightest', split: 'elsewhere' },
  );
  lines('questions.jsonl', { image: 'a.png', question: 'is it dark?', answer: 'yes', kind: 'light' });
  lines('web.jsonl', { image: 'a.png', caption: 'IMG_1' });
});

const open = () => folder(dir, { imageSize: SIDE });

describe('a folder', () => {
  it('becomes splits with captions, questions, what the web says, and all else as metadata', async () => {
    const data = await open();
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([1, 1, 1]);
    expect(data.train.captions(0)).toEqual(['a dark square', 'nearly black']);
    expect(data.train.questions!(0)).toEqual([{ question: 'is it dark?', answer: 'yes', kind: 'light' }]);
    expect(data.train.webCaptions!(0)).toEqual(['IMG_1']);
    expect(data.train.metadata!(0)).toEqual({ licence: 'CC0' });
    expect('questions' in data.test).toBe(false);
    expect(data.test.pixels(0)).toEqual(new Uint8Array(SIDE * SIDE * 3).fill(30));
    expect(splitNamed(data, 'elsewhere').id(0)).toBe('d.png');
    expect(() => splitNamed(data, 'nowhere')).toThrow(/no split nowhere/);
  });

  it('is parted by names where no split is said: always alike', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `p${i}.png`);
    names.forEach((name, i) => draw(name, i));
    lines('captions.jsonl', ...names.map((image) => ({ image, caption: 'grey' })));
    rmSync(join(dir, 'questions.jsonl'));
    rmSync(join(dir, 'web.jsonl'));
    const [first, again] = [await open(), await open()];
    expect(first.train.size).toBeGreaterThan(35);
    expect(first.test.size).toBeGreaterThan(0);
    const ids = ({ test }: typeof first) => Array.from({ length: test.size }, (_, i) => test.id(i));
    expect(ids(again)).toEqual(ids(first));
    expect(again.options).toEqual(first.options);
  });

  it('opens at once when its pictures have been decoded, and notices when one changes', async () => {
    expect(() => openFolder(dir, { imageSize: SIDE })).toThrow(/not decoded/);
    const before = await open();
    expect(openFolder(dir, { imageSize: SIDE }).options).toEqual(before.options);
    draw('a.png', 200);
    expect(() => openFolder(dir, { imageSize: SIDE })).toThrow(/have changed/);
    const changed = await open();
    expect(changed.options.contents).not.toBe(before.options.contents);
    expect(changed.train.identity).not.toEqual(before.train.identity);
  });

  it('says which towers are missing', async () => {
    const data = await open();
    expect(() => requireTowers(data)).toThrow(/tokenizer/);
  });
});

describe('what is wrong with a folder is said with file and line', () => {
  const refused = async (pattern: RegExp) => expect(open()).rejects.toThrow(pattern);

  it('no captions at all', async () => {
    rmSync(join(dir, 'captions.jsonl'));
    await refused(/captions\.jsonl/);
  });
  it('a line that is not JSON', async () => {
    appendFileSync(join(dir, 'captions.jsonl'), '{"image": "a.png"\n');
    await refused(/captions\.jsonl line 6 is not JSON/);
  });
  it('a line without a caption', async () => {
    appendFileSync(join(dir, 'captions.jsonl'), '{"image": "a.png", "caption": " "}\n');
    await refused(/captions\.jsonl line 6: caption/);
  });
  it('a picture in two splits', async () => {
    appendFileSync(join(dir, 'captions.jsonl'), '{"image": "a.png", "caption": "dark", "split": "test"}\n');
    await refused(/line 6: a\.png is in test here, in train above/);
  });
  it('a picture that is not there', async () => {
    rmSync(join(dir, 'b.png'));
    await refused(/b\.png/);
  });
  it('a picture that cannot be decoded', async () => {
    writeFileSync(join(dir, 'b.png'), 'no picture');
    await refused(/b\.png cannot be decoded/);
  });
  it('a question about no picture', async () => {
    lines('questions.jsonl', { image: 'x.png', question: 'what?', answer: 'nothing' });
    await refused(/questions\.jsonl line 1: captions\.jsonl has no picture x\.png/);
  });
  it('a split without pictures', async () => {
    lines('captions.jsonl', { image: 'a.png', caption: 'dark', split: 'train' });
    await refused(/no picture in its validation split/);
  });
});
