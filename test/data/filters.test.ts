/** Filters of training data: what stays, what is counted, what recipes know of it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withWebCaptions } from '../../packages/core/src/capfilt';
import {
  describeLeftOut,
  safeByLaion,
  withFilters,
  withoutWords,
  type FilteredExample,
} from '../../packages/core/src/data';
import { makeData, openData } from '../../packages/core/src/recipes';
import { smallShapes } from '../recipes/tower';

const example = (given: Partial<FilteredExample>): FilteredExample => ({
  id: 'one',
  captions: [],
  metadata: {},
  ...given,
});

describe('withFilters', () => {
  const data = smallShapes();
  const { train } = data;
  const isRed = (index: number) => /\bred\b/.test(train.captions(index)[0]);

  test('what is refused is gone from the training split alone, and counted under the first that refused it', () => {
    const filtered = withFilters(data, {
      'no red': withoutWords(['red']),
      'no red again': withoutWords(['RED']),
      even: ({ id }) => Number(id.slice(-1)) % 2 === 0,
    });
    const all = Array.from({ length: train.size }, (_, index) => index);
    const kept = all.filter((index) => !isRed(index) && index % 2 === 0);
    const red = all.filter(isRed).length;
    expect(red).toBeGreaterThan(0);
    expect(filtered.train.size).toBe(kept.length);
    expect(kept.map((_, i) => filtered.train.id(i))).toEqual(kept.map((index) => train.id(index)));
    expect(filtered.train.pixels(3)).toEqual(train.pixels(kept[3]));
    expect(filtered.train.questions!(3)).toEqual(train.questions!(kept[3]));
    expect(filtered.train.describes!(3, train.captions(kept[3])[0])).toBe(true);
    const by = { 'no red': red, 'no red again': 0, even: train.size - red - kept.length };
    expect(filtered.train.leftOut).toEqual({ of: train.size, by });
    expect(filtered.test).toBe(data.test);
  });

  test('features and recipes of what stayed are told apart', () => {
    const [a, b] = ['red', 'blue'].map((word) => withFilters(data, { words: withoutWords([word]) }));
    expect(a.options.trainFilter).not.toEqual(b.options.trainFilter);
    expect(a.train.identity).not.toEqual(b.train.identity);
    expect(withFilters(data, { words: withoutWords(['red']) }).options).toEqual(a.options);
  });

  test('nothing left, and a filter that fails, are errors with a name', () => {
    expect(() => withFilters(data, { nsfw: safeByLaion() })).toThrow(/80 of 80: nsfw 80/);
    const broken = () => {
      throw new Error('no such column');
    };
    expect(() => withFilters(data, { broken })).toThrow(/'broken' failed on train-00000: no such column/);
    expect(() => withWebCaptions(withFilters(data, { w: withoutWords(['red']) })).train.captions(40)).toThrow(
      /training split/,
    );
  });

  test('counts in words', () => {
    expect(describeLeftOut({ of: 10_000, by: { unsafe: 1200, 'blocked words': 3 } })).toBe(
      '1,203 of 10,000: unsafe 1,200, blocked words 3',
    );
  });
});

test.each([
  [{ NSFW: 'UNLIKELY' }, true],
  [{ NSFW: 'UNSURE' }, false],
  [{ NSFW: 'NSFW' }, false],
  [{ punsafe: 0.05 }, true],
  [{ punsafe: '0.05' }, true],
  [{ punsafe: 0.3 }, false],
  [{ punsafe: NaN }, false],
  [{ punsafe: '' }, false],
  [{ NSFW: 'UNLIKELY', punsafe: 0.9 }, false],
  [{ NSFW: null }, false],
  [{}, false],
])('LAION: %j stays: %s', (metadata, stays) => {
  expect(safeByLaion()(example({ metadata }))).toBe(stays);
});

test('words are whole, in any case and script, of any caption', () => {
  const filter = withoutWords(['cat', 'red  square', 'C++', 'Öl', '']);
  const stays = (...captions: string[]) => filter(example({ captions }));
  expect(stays('a catalogue', 'redsquare', 'an oil lamp')).toBe(true);
  expect(stays('a dog', 'A Cat, asleep')).toBe(false);
  expect(stays('a red\nsquare')).toBe(false);
  expect(stays('C++ code')).toBe(false);
  expect(stays('ÖL auf Leinwand')).toBe(false);
  expect(stays('fröhlich')).toBe(true);
  expect(withoutWords([])(example({ captions: ['cat'] }))).toBe(true);
});

describe('files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-filters-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const open = (path: string) => openData(`shapes?train=40&validation=10&test=10&trainFilter=${path}`);

  test('a block-list, or a script', () => {
    const words = open(file('words.txt', '# colors\nred\n\nblue # and this\n'));
    expect(words.train.captions(0)[0]).not.toMatch(/\b(red|blue)\b/);
    expect(Object.keys(words.train.leftOut!.by)).toEqual(['blocked words']);
    const script = open(file('filters.cjs', 'exports.early = ({ id }) => id < "train-00010";'));
    expect([script.train.size, script.train.leftOut!.by]).toEqual([10, { early: 30 }]);
  });

  test('what is no file of filters is named', () => {
    expect(() => open(join(dir, 'none.txt'))).toThrow(/none\.txt/);
    expect(() => open(file('empty.cjs', ''))).toThrow(/empty\.cjs exports no filters/);
    expect(() => open(file('bad.cjs', 'exports.x = 3;'))).toThrow(/bad\.cjs exports no filters/);
    expect(() => open(file('syntax.cjs', '{'))).toThrow(/syntax\.cjs cannot be loaded/);
  });

  test('from a recipe.json alone, filtered data opens, but cannot be trained on', () => {
    const { options } = open(file('again.txt', 'green'));
    const again = makeData('shapes', options);
    expect(again.options).toEqual(options);
    expect(again.test.size).toBe(10);
    expect(() => again.train.captions(0)).toThrow(/not at hand/);
  });
});
