/** Attention in a notebook: outputs of bounded size, sets, the page. */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  ATTENTION_FORMAT,
  ATTENTION_SET_FORMAT,
  attentionBundle,
  attentionSet,
  bundleOf,
  quantised,
  readAttentionFile,
  type AttentionBundle,
  type AttentionSet,
} from '../../packages/core/src/attention';
import { attentionPage, attentionView } from '../../packages/core/src/notebook';

const LIMIT = 2_000_000;
const home = process.cwd();
beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'blip2-notebook-'))));
afterEach(() => process.chdir(home));

function bundleWith(layers: number, { heads = 12, queries = 32, places = 257, text = 'a dog' } = {}) {
  const maps = Array.from({ length: layers }, (_, layer) => ({
    layer,
    shape: [heads, queries, places],
    values: Float32Array.from(
      { length: heads * queries * places },
      (_v, i) => Math.abs(Math.sin(i + layer)) / places,
    ),
  }));
  const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) };
  return attentionBundle({ image, maps, text });
}
const few = { queries: [0] };
const sizeOf = (data: object) => JSON.stringify(data).length;

it('a small bundle is sent as it is, a larger one rounded, the largest as a folder', async () => {
  const small = await bundleWith(1);
  expect((await attentionView(small, few).render()).data[ATTENTION_FORMAT]).toEqual(small);

  const large = await bundleWith(6);
  expect(sizeOf(large)).toBeGreaterThan(LIMIT);
  const { data } = await attentionView(large, few).render();
  expect(data[ATTENTION_FORMAT]).toEqual(quantised(large));
  expect(sizeOf(data)).toBeLessThan(LIMIT);
  expect(readdirSync('.')).toEqual([]);

  const largest = await bundleWith(16);
  const rendering = await attentionView(largest, few).render();
  expect(sizeOf(rendering.data)).toBeLessThan(LIMIT);
  const sent = rendering.data[ATTENTION_SET_FORMAT] as AttentionSet;
  expect(readdirSync('.')).toEqual([sent.dir]);
  expect(bundleOf(sent, sent.items[0])).toEqual(quantised(largest));
  expect(rendering.data['image/png']).toBeTruthy();
  expect(rendering.metadata[ATTENTION_SET_FORMAT]).toEqual(few);
  // Shown again it is the same folder.
  expect((await attentionView(largest, few).render()).data[ATTENTION_SET_FORMAT]).toEqual(sent);
});

it('a set: together in the output, or in the folder that is asked for', async () => {
  const bundle = await bundleWith(1, { heads: 2 });
  const pair = attentionSet([
    { name: 'before', bundle },
    { name: 'after', bundle },
  ]);
  const { data } = await attentionView(pair, few).render();
  expect(data[ATTENTION_SET_FORMAT]).toEqual(pair);
  expect(data['text/plain']).toBe('Attention: before, after');

  const many = attentionSet(
    Array.from({ length: 120 }, (_, i) => ({ name: `picture ${i}`, bundle })),
    'many',
  );
  const rendering = await attentionView(many, { ...few, dir: 'records/many' }).render();
  expect(sizeOf(rendering.data)).toBeLessThan(LIMIT);
  const sent = rendering.data[ATTENTION_SET_FORMAT] as AttentionSet;
  expect(sent).toMatchObject({ title: 'many', dir: 'records/many' });
  expect(readAttentionFile('records/many')).toEqual(sent);
  // What lies there can be shown without being written again, and in a page.
  expect((await attentionView(sent, few).render()).data[ATTENTION_SET_FORMAT]).toEqual(sent);
  expect(attentionPage({ ...sent, items: sent.items.slice(0, 1) })).toMatch(/picture 0[^]*<svg/);
  for (const dir of ['../elsewhere', '/tmp/elsewhere', '']) {
    await expect(attentionView(many, { ...few, dir }).render()).rejects.toThrow('expected a folder below');
  }
  expect(existsSync('../elsewhere')).toBe(false);
});

it('draws the further sources; a map of zeros stays a picture', async () => {
  const shape = [1, 2, 5];
  const maps = [{ layer: 0, shape, values: new Float32Array(10).fill(0.2) }];
  const image = { width: 8, height: 8, data: new Uint8Array(192) };
  const zeros = [{ layer: 0, shape, values: new Float32Array(10) }];
  const bundle: AttentionBundle = await attentionBundle({
    image,
    maps,
    gradients: { of: 'the score', maps: zeros },
    rollout: { shape: [2, 5], values: new Float32Array(10).fill(0.2) },
  });
  const objects = [true, false, false, false];
  for (const source of ['rollout', 'gradients'] as const) {
    const { data } = await attentionView(bundle, { source, objects }).render();
    expect(data['text/plain']).toContain(
      source === 'rollout' ? 'query 0 25% on objects' : 'query 0 0% on objects',
    );
  }
  await expect(attentionView(await bundleWith(1), { source: 'rollout' }).render()).rejects.toThrow(
    'no rollout',
  );
});

it('a page holds no markup of its texts', async () => {
  const text = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
  const page = attentionPage(await bundleWith(1, { heads: 1, queries: 1, places: 5, text }));
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('<img');
  const { image } = await bundleWith(1);
  const blocks = attentionPage(await bundleWith(3, { heads: 1, queries: 1, places: 5 }));
  // Twice with the explorer, once without: in what it draws, and for readers without scripts.
  expect(blocks.split(image.url).length - 1).toBeLessThanOrEqual(2);
  expect(blocks.match(/<use href="#picture-/g)).toHaveLength(6);
});
