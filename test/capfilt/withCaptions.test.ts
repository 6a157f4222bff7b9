/** Data with other training captions: what changes, and what stays. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withCaptions, withWebCaptions } from '../../packages/core/src/capfilt';
import { shapes } from '../../packages/core/src/data';
import { makeData, openData, stage1 } from '../../packages/core/src/recipes';
import { recordOf } from '../../packages/core/src/train';
import { randomTower, SMALL } from '../recipes/tower';
import { newFolder } from './towers';

const data = shapes({ train: 3, validation: 2, test: 2 });
const captions = new Map([0, 1, 2].map((i) => [data.train.id(i), [`one of ${i}`, `two of ${i}`]]));
const own = withCaptions(data, captions);

function file(lines: string[]): string {
  const path = join(newFolder('captions'), 'captions.jsonl');
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('withCaptions', () => {
  test('other captions in training; pictures, other splits and features’ keys as they are', () => {
    expect(own.train.captions(1)).toEqual(['one of 1', 'two of 1']);
    expect(own.train).toMatchObject({ name: 'train', size: 3, imageSize: 64 });
    expect(own.train.identity).toEqual(data.train.identity);
    expect(own.train.pixels(2)).toEqual(data.train.pixels(2));
    expect(own.test).toBe(data.test);
    expect(own.world).toBe(data.world);
  });

  test('a recipe’s hash follows the captions, not their order nor where they came from', () => {
    const tower = randomTower();
    const hash = (d: typeof data) => recordOf(stage1({ data: d, tower, ...SMALL })).hash;
    const backwards = new Map([...captions].reverse());
    const changed = new Map(captions).set(data.train.id(0), ['another']);
    const path = file([...backwards].map(([id, list]) => JSON.stringify({ id, captions: list })));
    expect(hash(withCaptions(data, backwards))).toBe(hash(own));
    expect(hash(withCaptions(data, path))).toBe(hash(own));
    const others = [data, own, withCaptions(data, changed), withWebCaptions(data)].map(hash);
    expect(new Set(others).size).toBe(4);
  });

  test('a picture that has none', () => {
    const some = withCaptions(data, new Map([[data.train.id(0), ['a']]]));
    expect(some.train.captions(0)).toEqual(['a']);
    expect(() => some.train.captions(1)).toThrow('train-00001');
  });

  test('a bad line of a file, by its number', () => {
    const good = '{"id": "train-00000", "captions": ["a"]}';
    expect(() => withCaptions(data, file([good, '{"id": 7}']))).toThrow(/line 2: id/);
    expect(() => withCaptions(data, file([good, '', good]))).toThrow(/line 2 is not JSON/);
    expect(() => withCaptions(data, join(newFolder('none'), 'captions.jsonl'))).toThrow(/captions\.jsonl/);
  });
});

test('withWebCaptions: those of the examples', () => {
  const web = withWebCaptions(data);
  expect(web.train.captions(2)).toEqual([data.world.splits.train[2].webCaption.text]);
  expect(web.validation).toBe(data.validation);
});

describe('by name', () => {
  const spec = 'shapes?train=3&validation=2&test=2&trainCaptions=';

  test('the web’s, and those of a file', () => {
    expect(openData(`${spec}web`).train.captions(0)).toEqual(withWebCaptions(data).train.captions(0));
    const path = file([...captions].map(([id, list]) => JSON.stringify({ id, captions: list })));
    const opened = openData(spec + path);
    expect(opened.train.captions(0)).toEqual(['one of 0', 'two of 0']);
    expect(opened.options).toEqual(own.options);
  });

  test('as recipe.json says it: those of a file are known by their hash, but cannot be read', () => {
    const made = makeData('shapes', own.options);
    expect(made.options).toEqual(own.options);
    expect(made.test.captions(0)).toEqual(data.test.captions(0));
    expect(() => made.train.captions(0)).toThrow('not at hand');
    expect(makeData('shapes', withWebCaptions(data).options).train.captions(0)).toHaveLength(1);
  });
});
