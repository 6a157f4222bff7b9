/** The extended bundle: what it carries, how it is rounded, what a reader refuses, how it lies on disk. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  attentionBundle,
  attentionSet,
  bundleOf,
  classShare,
  quantised,
  queryMap,
  readAttention,
  readAttentionBundle,
  readAttentionFile,
  readAttentionSet,
  withBundles,
  writeAttentionFile,
  writeAttentionFolder,
  type AttentionBundle,
} from '../../packages/core/src/attention';
import { quantise, toBase64, unpack } from '../../packages/core/src/attention/numbers';

const [HEADS, QUERIES, SIDE] = [2, 3, 2];
const TOKENS = ['[CLS]', 'red', '[SEP]'];
const image = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => 10 * i) };

/** Numbers of 0 to 1 that look drawn. */
const drawn = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(12.9898 * (i + 1) + seed)) ** 3);
const map = (layer: number, shape: number[]) => ({
  layer,
  shape,
  values: drawn(
    shape.reduce((a, b) => a * b),
    layer,
  ),
});
const onPicture = [HEADS, QUERIES, 1 + SIDE * SIDE];

const whole = () =>
  attentionBundle({
    image,
    maps: [map(0, onPicture), map(2, onPicture)],
    gradients: { of: 'ITM score of the text', maps: [map(0, onPicture), map(2, onPicture)] },
    rollout: map(5, onPicture.slice(1)),
    text: 'red',
    tokens: { text: TOKENS, maps: [map(1, [HEADS, 3, QUERIES]), map(0, [HEADS, 3, QUERIES])] },
    generated: { prompt: 'a', tokens: ['red', '</s>'], maps: [map(0, [4, 2, QUERIES])] },
  });
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('survives JSON, quantised or not', async () => {
  const bundle = await whole();
  expect(readAttentionBundle(json(bundle))).toEqual(bundle);
  expect(bundle.tokens!.layers.map(({ layer }) => layer)).toEqual([0, 1]);
  expect(bundle.generated).toMatchObject({ heads: 4, tokens: ['red', '</s>'] });
  const small = quantised(bundle);
  expect(readAttention(json(small))).toEqual(small);
  expect(quantised(small)).toEqual(small);
  const set = attentionSet([{ name: 'one', bundle }], 'a title');
  expect(readAttention(json(set))).toEqual(set);
});

it('rounds by half a step of its row at most, and keeps rows of zeros', () => {
  const values = drawn(60, 1);
  values.fill(0, 10, 20);
  values.forEach((value, i) => (values[i] = value * 10 ** -Math.floor(i / 10)));
  const packed = quantise(values, 10);
  const scales = Array.from({ length: 6 }, (_, row) => Math.max(...values.subarray(10 * row, 10 * row + 10)));
  unpack(packed, 10).forEach((value, i) => {
    const scale = scales[Math.floor(i / 10)];
    expect(Math.abs(value - values[i])).toBeLessThanOrEqual((scale / 510) * (1 + 1e-5));
  });
});

it.each(['attention', 'gradients', 'rollout'] as const)(
  '%s: maps are those that were given',
  async (source) => {
    const bundle = await whole();
    const given = drawn(30, source === 'rollout' ? 5 : 2);
    const choice = { source, query: 1, ...(source === 'rollout' ? {} : { head: 1 }) };
    const row = source === 'rollout' ? 1 : QUERIES + 1;
    expect(queryMap(bundle, choice).values).toEqual(given.slice(5 * row + 1, 5 * row + 5));
    expect(classShare(bundle, choice)).toBe(given[5 * row]);
    const near = queryMap(quantised(bundle), choice).values;
    near.forEach((value, i) => expect(value).toBeCloseTo(given[5 * row + 1 + i], 2));
  },
);

it('says what a bundle lacks', async () => {
  const { rollout: _, ...bundle } = await whole();
  expect(() => queryMap(bundle, { source: 'rollout', query: 0 })).toThrow('The bundle has no rollout');
});

it.each<[string, (bundle: AttentionBundle) => unknown]>([
  [
    'layers.1.scale: 1 numbers, expected 6',
    ({ layers: [a, b] }) => ({ layers: [a, { ...b, scale: 'AAAAAA==' }] }),
  ],
  [
    'gradients.0.heat: 6 numbers, expected 24',
    ({ gradients: [a] = [] }) => ({ gradients: [{ ...a, heat: a.cls }] }),
  ],
  [
    'rollout.cls: 6 numbers, expected 3',
    ({ layers: [{ cls }], rollout }) => ({ rollout: { ...rollout, cls } }),
  ],
  [
    'tokens.layers.0.toQueries: 18 numbers, expected 12',
    ({ tokens }) => ({ tokens: { ...tokens, text: ['a', 'b'] } }),
  ],
  [
    'generated.layers.0.toQueries: 24 numbers, expected 18',
    ({ generated }) => ({ generated: { ...generated, heads: 3 } }),
  ],
  ['generated.tokens: ', ({ generated }) => ({ generated: { ...generated, tokens: [] } })],
  ['layers: a block appears twice', ({ layers: [a] }) => ({ layers: [a, a] })],
  [
    'layers.0.cls: not all numbers are finite',
    ({ layers: [a] }) => ({ layers: [{ ...a, cls: toBase64(new Float32Array(6).fill(NaN)) }] }),
  ],
  [
    'layers.0.cls: not all numbers are finite',
    ({ layers: [a] }) => ({ layers: [{ ...a, cls: toBase64(new Float32Array(6).fill(-1)) }] }),
  ],
  ['layers.0.heat: is not base64', ({ layers: [a] }) => ({ layers: [{ ...a, heat: '<script>' }] })],
  ['layers.0.heat: 24 numbers, expected 24000000000000', () => ({ grid: { rows: 2e6, columns: 2e6 } })],
  ['image.url: ', ({ image: picture }) => ({ image: { ...picture, url: 'http://elsewhere/picture.png' } })],
])('names what is wrong: %s', async (message, change) => {
  const bundle = await whole();
  expect(() => readAttentionBundle({ ...bundle, ...(change(bundle) as object) }, 'a.json')).toThrow(
    `a.json: ${message}`,
  );
});

it.each<[string, unknown]>([
  ['items.0.file: expected a plain file name', { items: [{ name: '', file: '../secret.json' }] }],
  ['items.0.file: expected a plain file name', { items: [{ name: '', file: '..' }] }],
  ['items.0.file: expected a plain file name', { items: [{ name: '', file: 'c:\\secret' }] }],
  ['items.0: expected a bundle or a file', { items: [{ name: 'neither' }] }],
  ['items: ', { items: [] }],
  ['dir: expected a folder below this one', { items: [{ name: '', file: 'a' }], dir: '../..' }],
  ['dir: expected a folder below this one', { items: [{ name: '', file: 'a' }], dir: '/etc' }],
  ['items.0.bundle: heads: ', { items: [{ name: '', bundle: { heads: -1 } }] }],
])('a set: %s', async (message, change) => {
  const bundle = await whole();
  const { items, ...rest } = change as { items: { bundle?: object }[] };
  const filled = items.map((item) =>
    item.bundle ? { ...item, bundle: { ...bundle, ...item.bundle } } : item,
  );
  const set = { ...attentionSet([{ name: '', bundle }]), ...rest, items: filled };
  expect(() => readAttentionSet(set, 's.json')).toThrow(`s.json: ${message}`);
});

it('paper-size maps are read and rounded in moments', async () => {
  const maps = [0, 2, 4, 6, 8, 10].map((layer) => map(layer, [12, 32, 257]));
  const bundle = await attentionBundle({ image, maps });
  expect(JSON.stringify(bundle).length).toBeGreaterThan(3e6);
  const start = performance.now();
  const small = readAttentionBundle(json(quantised(readAttentionBundle(json(bundle)))));
  expect(performance.now() - start).toBeLessThan(5000);
  expect(JSON.stringify(small).length).toBeLessThan(1e6);
});

it('large pictures are kept smaller', async () => {
  const data = new Uint8Array(1200 * 600 * 3).fill(100);
  const bundle = await attentionBundle({
    image: { width: 1200, height: 600, data },
    maps: [map(0, onPicture)],
  });
  expect(bundle.image).toMatchObject({ width: 512, height: 256 });
});

it('on disk: a file, or a folder whose index names one file per picture', async () => {
  const root = mkdtempSync(join(tmpdir(), 'blip2-attention-'));
  const bundle = await whole();
  writeAttentionFile(join(root, 'one.attention.json'), bundle);
  expect(readAttentionFile(join(root, 'one.attention.json'))).toEqual(bundle);

  const dir = join(root, 'many');
  const items = ['first', 'second'].map((name) => ({ name, bundle }));
  for (const written of [items, items.slice(1)]) {
    const set = writeAttentionFolder(dir, written, 'two');
    const files = written.map((_, i) => `00${i}.attention.json`);
    expect(readdirSync(dir).sort()).toEqual([...files, 'index.attention.json']);
    const found = readAttentionFile(dir);
    expect(found).toEqual({ ...set, dir });
    expect(bundleOf({ ...set, dir }, set.items[0])).toEqual(quantised(bundle));
    expect(withBundles({ ...set, dir }).items).toHaveLength(written.length);
  }
});

it('on disk: what fails half way leaves the old folder, and strangers’ folders are left alone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'blip2-attention-'));
  const bundle = await whole();
  const dir = join(root, 'many');
  writeAttentionFolder(dir, [{ name: 'old', bundle }]);
  function* failing() {
    yield { name: 'new', bundle };
    throw new Error('no more');
  }
  expect(() => writeAttentionFolder(dir, failing())).toThrow('no more');
  expect(readAttentionFile(dir)).toMatchObject({ items: [{ name: 'old' }] });
  expect(readdirSync(root)).toEqual(['many']);
  writeFileSync(join(dir, 'thesis.txt'), 'all of it');
  expect(() => writeAttentionFolder(dir, [{ name: 'new', bundle }])).toThrow('holds other things');
  expect(existsSync(join(dir, 'thesis.txt'))).toBe(true);
  writeFileSync(
    join(root, 'broken.attention.json'),
    readFileSync(join(dir, 'index.attention.json')).subarray(0, 50),
  );
  expect(() => readAttentionFile(join(root, 'broken.attention.json'))).toThrow(
    /broken\.attention\.json is not JSON/,
  );
});
