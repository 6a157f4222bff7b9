import { beforeAll, describe, expect, it } from 'vitest';
import * as core from '../../packages/core/src/attention';
import { BundleError, readAttention, type Attention } from '../../packages/jupyter-ext/src/attention/bundle';
import { firstChoice, fit, readWishes } from '../../packages/jupyter-ext/src/attention/choice';
import { colorOf, heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { moved, turned } from '../../packages/jupyter-ext/src/attention/keys';
import { classShare, queryMap } from '../../packages/jupyter-ext/src/attention/maps';
import { chance, entropy, peak, shareOn } from '../../packages/jupyter-ext/src/attention/measures';
import { shownFor } from '../../packages/jupyter-ext/src/attention/shown';
import { describePatch, describeQuery, percent } from '../../packages/jupyter-ext/src/attention/words';
import { HEADS, LAYERS, QUERIES, sampleBundle } from './notebook';

let bundle: core.AttentionBundle;
let attention: Attention;

beforeAll(async () => {
  bundle = await sampleBundle();
  attention = readAttention(JSON.stringify(bundle));
});

const heads = ['mean', 'max', ...Array.from({ length: HEADS }, (_, head) => head)] as const;

describe('a bundle', () => {
  it('is the same as an object and as the text that tslab sends', () => {
    expect(readAttention(bundle)).toEqual(attention);
    expect(attention.text).toBe(bundle.text);
  });

  it.each(LAYERS)('gives the library’s numbers: layer %i', (layer) => {
    for (const head of heads) {
      for (let query = 0; query < QUERIES; query++) {
        const where = { layer, head, query };
        const expected = core.queryMap(bundle, where);
        const map = queryMap(attention, where);
        expect(map).toEqual(expected.values);
        expect(classShare(attention, where)).toBe(core.classShare(bundle, where));
        expect(entropy(map)).toBe(core.entropy(expected));
        const { row, column } = core.peak(expected);
        expect(peak(map)).toBe(row * attention.grid.columns + column);
      }
    }
    const objects = Array.from({ length: 64 }, (_, patch) => patch % 3 === 0);
    const [map] = [{ layer, head: 'mean', query: 1 } as const].map((where) => core.queryMap(bundle, where));
    expect(shareOn(map.values, objects)).toBe(core.shareOn(map, objects));
    expect(chance(objects)).toBe(core.chance(objects));
  });

  const numbers = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
  const layer = (change: object) => ({ layers: [{ ...bundle.layers[0], ...change }] });
  it.each<[string, () => unknown, string]>([
    ['no JSON', () => '{', 'the whole: is not JSON'],
    ['deeply nested text', () => '['.repeat(1e6), 'the whole: is not JSON'],
    ['a list', () => [bundle], 'the whole: expected an object'],
    ['null', () => null, 'the whole: expected an object'],
    ['a later format', () => ({ format: 'application/vnd.blip2.attention.v2+json' }), 'format: '],
    [
      'script for a picture',
      () => ({ image: { ...bundle.image, url: 'javascript:alert(1)' } }),
      'image.url: ',
    ],
    [
      'SVG for a picture',
      () => ({ image: { ...bundle.image, url: 'data:image/svg+xml,<svg/>' } }),
      'image.url: ',
    ],
    ['a claim of many heads', () => ({ heads: 2 ** 40 }), 'heads: expected a whole number from 1 to 256'],
    ['a claim of much heat', () => ({ heads: 256, queries: 1024 }), 'layers.0.heat: expected'],
    ['fractions', () => ({ grid: { rows: 1.5, columns: 8 } }), 'grid.rows: '],
    ['no layers', () => ({ layers: [] }), 'layers: '],
    [
      'a layer twice',
      () => ({ layers: [bundle.layers[0], bundle.layers[0]] }),
      'layers: a block appears twice',
    ],
    ['heat cut short', () => layer({ heat: bundle.layers[0].heat.slice(4) }), 'layers.0.heat: expected 4096'],
    [
      'no base64',
      () => layer({ cls: '!'.repeat(bundle.layers[0].cls.length) }),
      'layers.0.cls: is not base64',
    ],
    ['NaN', () => layer({ cls: numbers(...new Array<number>(64).fill(NaN)) }), 'layers.0.cls: not all'],
    ['endless text', () => ({ text: 'a'.repeat(1e6) }), 'text: '],
  ])('is refused with what is wrong: %s', (_, damage, message) => {
    const damaged = damage();
    const isChange = typeof damaged === 'object' && damaged !== null && !Array.isArray(damaged);
    const read = () => readAttention(isChange ? { ...bundle, ...damaged } : damaged);
    expect(read).toThrow(BundleError);
    expect(read).toThrow(`This attention bundle cannot be shown: ${message}`);
  });
});

describe('the choice', () => {
  it('begins with what the notebook asks for, as far as there is such a thing', () => {
    const usual = { query: 0, layer: LAYERS[1], head: 'mean', scale: 'all', paint: 'heat' };
    expect(firstChoice(attention, {})).toEqual(usual);
    const wishes = { layer: 0, head: 3, queries: [5, 1] };
    expect(firstChoice(attention, wishes)).toEqual({ ...usual, layer: 0, head: 3, query: 5 });
    expect(firstChoice(attention, { layer: 1, head: HEADS, queries: [-1] })).toEqual(usual);
  });

  it('outlives a bundle of another size', () => {
    const choice = { ...firstChoice(attention, {}), query: 12, head: 3, scale: 'own' as const };
    expect(fit({ ...attention, queries: 8, heads: 2 }, choice)).toEqual({
      ...choice,
      query: 0,
      head: 'mean',
    });
    expect(fit(attention, choice)).toEqual(choice);
  });

  it('takes nothing from metadata that is not of the right kind', () => {
    const objects = new Array<boolean>(64).fill(true);
    const good = { layer: 2, head: 'max', queries: [1], objects, caption: '<b>' };
    expect(readWishes(good, attention.grid)).toEqual(good);
    const bad = { layer: '2', head: 'min', queries: [null], objects: [true], caption: {} };
    expect(readWishes(bad, attention.grid)).toEqual({});
    expect(readWishes(undefined, attention.grid)).toEqual({});
  });
});

describe('the scale', () => {
  it('is shared by all queries, or each query’s own', () => {
    const choice = firstChoice(attention, { queries: [14] });
    const all = shownFor(attention, choice, {});
    const own = shownFor(attention, { ...choice, scale: 'own' }, {});
    expect(new Set(all.tops)).toEqual(new Set([all.top]));
    expect(all.top).toBe(Math.max(...all.maps.flatMap((map) => [...map])));
    expect(own.top).toBe(own.map[own.peak]);
    expect(own.top).toBeLessThan(all.top);
    expect(own.tops).toEqual(own.maps.map((map) => Math.max(...map)));
  });

  it('goes from dark to bright in even steps of lightness', () => {
    const lightness = Array.from({ length: 21 }, (_, i) => {
      const [r, g, b] = colorOf(i / 20, 'heat');
      return 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
    });
    expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
    expect(colorOf(0, 'heat').slice(0, 3)).toEqual([68, 1, 84]);
    expect(colorOf(1, 'heat').slice(0, 3)).toEqual([253, 231, 37]);
  });

  it('lights the picture where the query looks', () => {
    expect(colorOf(1, 'light')).toEqual([0, 0, 0, 0]);
    expect([...heatPixels(Float32Array.of(0.5, 0), 0.5, 'light')]).toEqual([0, 0, 0, 0, 0, 0, 0, 199]);
    // A query that looks at no patch at all.
    expect([...heatPixels(Float32Array.of(0), 0, 'light')]).toEqual([0, 0, 0, 199]);
  });
});

it('keys walk over patches up to the edge, and around the queries', () => {
  const grid = { rows: 2, columns: 3 };
  const walk = (from: number, ...keys: string[]) => keys.map((key) => moved(from, key, grid));
  expect(walk(0, 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown', 'End')).toEqual([0, 0, 1, 3, 2]);
  expect(walk(5, 'ArrowRight', 'ArrowDown', 'ArrowUp', 'Home', 'a')).toEqual([5, 5, 2, 3, undefined]);
  expect([turned(0, 'ArrowLeft', 4), turned(3, 'ArrowDown', 4), turned(2, 'End', 4)]).toEqual([3, 0, 3]);
  expect(turned(0, 'Tab', 4)).toBeUndefined();
});

it('tells in words what is seen', () => {
  const objects = Array.from({ length: 64 }, (_, patch) => patch < 32);
  const shown = shownFor(attention, firstChoice(attention, { layer: 0, head: 1 }), { objects });
  expect(describeQuery(attention, shown)).toBe(
    'Query 0, layer 0, head 1: looks most at row 1, column 2 (17.0%), 5.00% on the class token. ' +
      '99.8% of what patches get is on objects.',
  );
  expect(describePatch(9, shown, attention.grid)).toMatch(/^Row 2, column 2: 12\.2% of query 0’s attention$/);
  expect([0, 0.0123, 0.5, 1].map(percent)).toEqual(['0.0%', '1.23%', '50.0%', '100.0%']);
});
