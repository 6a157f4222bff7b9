// Bundles from anywhere: whatever is wrong with them ends in a BundleError, before memory is taken.
import { beforeAll, describe, expect, it } from 'vitest';
import { BundleError, readAttentionOutput } from '../../packages/jupyter-ext/src/attention';
import { stackOf } from '../../packages/jupyter-ext/src/attention/maps';
import { floats, numbers, sample, SET_FORMAT } from './samples';

type Json = Record<string, unknown>;

let bundle: Json;
let packed: Json;

beforeAll(async () => {
  bundle = await sample();
  packed = await sample(1, { isFull: true, isQuantised: true });
});

const layer = (of: Json, change: object) => ({ layers: [{ ...(of.layers as Json[])[0], ...change }] });
const image = (change: object) => ({ image: { ...(bundle.image as object), ...change } });
const tokens = (change: object) => ({ tokens: { ...(packed.tokens as object), ...change } });
const heatOf = (of: Json) => (of.layers as { heat: string }[])[0].heat;

describe('a bundle is refused with what is wrong:', () => {
  it.each<[string, () => unknown, string]>([
    ['no JSON', () => '{', 'the whole: is not JSON'],
    ['deeply nested text', () => '['.repeat(1e6), 'the whole: is not JSON'],
    ['a list', () => [bundle], 'the whole: expected an object'],
    ['null', () => null, 'the whole: expected an object'],
    ['a later format', () => ({ format: 'application/vnd.blip2.attention.v2+json' }), 'format: '],
    ['script for a picture', () => image({ url: 'javascript:alert(1)' }), 'image.url: '],
    ['SVG for a picture', () => image({ url: 'data:image/svg+xml,<svg/>' }), 'image.url: '],
    [
      'quotes in a picture',
      () => image({ url: 'data:image/png;base64,iVBOR"/><script>' }),
      'image.url: is not base64',
    ],
    ['no PNG', () => image({ url: 'data:image/png;base64,AAAA' }), 'image.url: is not a PNG'],
    [
      'another size than the PNG',
      () => image({ width: 31 }),
      'image: the PNG has 64 × 64 pixels, not 31 × 64',
    ],
    ['a claim of many pixels', () => image({ width: 16000, height: 16000 }), 'image: expected at most'],
    ['a claim of many heads', () => ({ heads: 2 ** 40 }), 'heads: expected a whole number from 1 to 256'],
    ['a claim of much heat', () => ({ heads: 256, queries: 1024 }), 'layers.0.heat: expected'],
    ['fractions', () => ({ grid: { rows: 1.5, columns: 8 } }), 'grid.rows: '],
    ['no layers', () => ({ layers: [] }), 'layers: '],
    ['a layer twice', () => ({ layers: [1, 1].map(() => (bundle.layers as Json[])[0]) }), 'layers: a block'],
    ['heat cut short', () => layer(bundle, { heat: heatOf(bundle).slice(4) }), 'layers.0.heat: expected 512'],
    [
      'no base64',
      () => layer(bundle, { heat: '!'.repeat(heatOf(bundle).length) }),
      'layers.0.heat: is not base64',
    ],
    ['NaN', () => layer(bundle, { cls: floats(new Array<number>(32).fill(NaN)) }), 'layers.0.cls: not all'],
    ['endless text', () => ({ text: 'a'.repeat(1e6) }), 'text: '],
    [
      'a scale of another length',
      () => layer(bundle, { heat: heatOf(packed), scale: floats([1]) }),
      'layers.0.heat (scale)',
    ],
    [
      'an infinite scale',
      () => layer(bundle, { heat: heatOf(packed), scale: floats(new Array<number>(32).fill(Infinity)) }),
      'layers.0.heat (scale): not all',
    ],
    ['gradients that are none', () => ({ gradients: 'many' }), 'gradients: expected a list'],
    [
      'rollout of many heads',
      () => ({ rollout: (bundle.layers as Json[])[0] }),
      'rollout.heat: expected 128',
    ],
    ['tokens of another number', () => tokens({ text: ['a'] }), 'tokens.layers.0.toQueries: expected'],
    ['a token that is markup’s object', () => tokens({ text: [{}] }), 'tokens.text.0: expected'],
    [
      'too many tokens',
      () => tokens({ text: new Array(5000).fill('a') }),
      'tokens.text: expected at most 4096',
    ],
    [
      'nothing written',
      () => ({ generated: { prompt: '', tokens: [], heads: 1, layers: [] } }),
      'generated.tokens',
    ],
  ])('%s', (_, damage, message) => {
    const damaged = damage();
    const isChange = typeof damaged === 'object' && damaged !== null && !Array.isArray(damaged);
    const read = () => readAttentionOutput(isChange ? { ...bundle, ...damaged } : damaged);
    expect(read).toThrow(BundleError);
    expect(read).toThrow(`This attention bundle cannot be shown: ${message}`);
  });
});

describe('a set is refused with what is wrong:', () => {
  const set = (items: unknown, more: object = {}) => ({ format: SET_FORMAT, items, ...more });
  it.each<[string, unknown, string]>([
    ['no items', set([]), 'items: '],
    ['neither bundle nor file', set([{ name: 'a' }]), 'items.0: expected either'],
    ['both', set([{ name: 'a', bundle: {}, file: 'b' }]), 'items.0: expected either'],
    ['no name', set([{ file: 'b' }]), 'items.0.name: '],
    ['a bundle that is none', set([{ name: 'a', bundle: 'x' }]), 'items.0.bundle: '],
    ...[
      '../a',
      'a/b',
      'a\\b',
      '/etc/passwd',
      'C:a',
      '..',
      '.hidden',
      'a..b',
      '%2e%2e',
      'a?b',
      'a\u0000',
      '',
    ].map((file): [string, unknown, string] => [
      `the file ${JSON.stringify(file)}`,
      set([{ name: 'a', file }]),
      'items.0.file: expected a plain file name',
    ]),
    ...['..', 'a/../b', '/a', 'a//b', 'https://x', 'a/', ''].map((dir): [string, unknown, string] => [
      `the folder ${JSON.stringify(dir)}`,
      set([{ name: 'a', file: 'b' }], { dir }),
      'dir: ',
    ]),
  ])('%s', (_, json, message) => {
    const read = () => readAttentionOutput(json);
    expect(read).toThrow(BundleError);
    expect(read).toThrow(`This attention bundle cannot be shown: ${message}`);
  });

  it('and taken with plain names', () => {
    const items = [
      { name: '<b>', file: '001.attention.json' },
      { name: 'é', file: 'Überblick 2.json' },
    ];
    expect(readAttentionOutput(set(items, { dir: 'runs/a b', title: 't' }))).toMatchObject({
      items,
      dir: 'runs/a b',
      title: 't',
    });
  });
});

it('whatever is changed in a bundle, it is read or refused, and what is read can be shown', () => {
  const random = numbers(7);
  const odd: unknown[] = [
    ...[null, undefined, -1, 0, 0.5, 1, 3, 1e9, NaN, Infinity, '', 'a', '<script>', [], {}, [[]], true],
    ...[{ length: 1e9 }, { toString: 1 }, '\u0000', 'AAAA', ['a', 'b'], 2 ** 53],
  ];
  let refused = 0;
  for (let round = 0; round < 1000; round++) {
    const json = JSON.parse(JSON.stringify(packed)) as Json;
    for (let changes = 1 + Math.floor(2 * random()); changes > 0; changes--) change(json, odd, random);
    try {
      const output = readAttentionOutput(json);
      if ('items' in output) throw new Error('a set out of nowhere');
      stackOf(output, { source: 'attention', layer: 'mean', head: 'max' });
    } catch (error) {
      expect(error).toBeInstanceOf(BundleError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(300);
});

/** Puts something else somewhere, or takes part of a text away. */
function change(json: Json, odd: readonly unknown[], random: () => number): void {
  let at: Json = json;
  for (;;) {
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = keys[Math.floor(random() * keys.length)];
    const value = at[key];
    if (typeof value === 'object' && value !== null && random() < 0.7) {
      at = value as Json;
      continue;
    }
    const isCut = typeof value === 'string' && random() < 0.5;
    at[key] = isCut ? value.slice(Math.floor(random() * 9)) : odd[Math.floor(random() * odd.length)];
    return;
  }
}
