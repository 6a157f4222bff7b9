import { expect, it } from 'vitest';
import sharp from 'sharp';
import {
  ATTENTION_FORMAT,
  attentionBundle,
  classShare,
  queryMap,
  readAttentionBundle,
  type AttentionBundle,
} from '../../packages/core/src/attention';

const HEADS = 2;
const QUERIES = 3;
/** Of head h and query q: class token h, then 2 × 2 patches 100 h + 10 q + p. Exact in float32. */
const values = Float32Array.from({ length: HEADS * QUERIES * 5 }, (_, i) => {
  const [head, query, token] = [Math.floor(i / 15), Math.floor(i / 5) % 3, i % 5];
  return token === 0 ? head : 100 * head + 10 * query + (token - 1);
});
const image = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => 10 * i) };
const make = () =>
  attentionBundle({
    image,
    maps: [
      { layer: 2, shape: [HEADS, QUERIES, 5], values: values.map((value) => value + 1000) },
      { layer: 0, shape: [HEADS, QUERIES, 5], values },
    ],
    text: 'a red circle',
  });

it('survives JSON: the picture to the pixel, the numbers to the bit', async () => {
  const bundle = readAttentionBundle(JSON.parse(JSON.stringify(await make())));
  expect(bundle).toMatchObject({
    format: ATTENTION_FORMAT,
    grid: { rows: 2, columns: 2 },
    heads: HEADS,
    queries: QUERIES,
    text: 'a red circle',
    image: { width: 4, height: 2 },
  });
  expect(bundle.layers.map(({ layer }) => layer)).toEqual([0, 2]);
  const png = Buffer.from(bundle.image.url.split(',')[1], 'base64');
  expect(new Uint8Array(await sharp(png).removeAlpha().raw().toBuffer())).toEqual(image.data);
  expect([...queryMap(bundle, { layer: 0, head: 1, query: 2 }).values]).toEqual([120, 121, 122, 123]);
});

it('combines heads, and keeps the class token apart', async () => {
  const bundle = await make();
  expect([...queryMap(bundle, { layer: 0, query: 1 }).values]).toEqual([60, 61, 62, 63]);
  expect([...queryMap(bundle, { layer: 0, query: 1, head: 'max' }).values]).toEqual([110, 111, 112, 113]);
  expect(classShare(bundle, { layer: 0, query: 1 })).toBe(0.5);
  // The last layer unless told otherwise.
  expect([...queryMap(bundle, { query: 0, head: 0 }).values]).toEqual([1000, 1001, 1002, 1003]);
});

it('says what there is where something is asked for that is not', async () => {
  const bundle = await make();
  expect(() => queryMap(bundle, { layer: 1, query: 0 })).toThrow(
    expect.objectContaining({ message: 'Layer 1 does not read the picture', hint: 'Layers that do: 0, 2.' }),
  );
  expect(() => queryMap(bundle, { query: 3 })).toThrow('Query 3 does not exist');
  expect(() => queryMap(bundle, { query: 0, head: 2 })).toThrow('Head 2 does not exist');
});

it('refuses maps that do not fit each other', async () => {
  const shape = [HEADS, QUERIES, 5];
  const wrong = { layer: 4, shape: [HEADS, QUERIES, 10], values: new Float32Array(60) };
  await expect(attentionBundle({ image, maps: [{ layer: 0, shape, values }, wrong] })).rejects.toThrow(
    'Attention of layer 4 has the shape [2,3,10], not [2,3,5]',
  );
  await expect(attentionBundle({ image, maps: [] })).rejects.toThrow('at least one layer');
});

it.each([
  ['format', { format: 'application/vnd.blip2.attention.v2+json' }],
  ['layers', { layers: [] }],
  ['grid.rows', { grid: { rows: 0, columns: 2 } }],
  ['layers.0.heat', { grid: { rows: 3, columns: 2 } }],
  ['layers.0.cls', { layers: [{ layer: 0, heat: '', cls: 'AAAA' }] }],
])('names the key at fault: %s', async (key, change) => {
  const bundle: unknown = { ...(await make()), ...change };
  const read = () => readAttentionBundle(bundle, 'file.json');
  if (key === 'layers.0.cls') expect(read).toThrow(/^file\.json: layers\.0\./);
  else expect(read).toThrow(`file.json: ${key}: `);
});

it('takes patches that make no square, told how', async () => {
  const map = { layer: 0, shape: [1, 1, 7], values: Float32Array.of(1, 0, 1, 2, 3, 4, 5) };
  const bundle: AttentionBundle = await attentionBundle({
    image,
    maps: [map],
    grid: { rows: 2, columns: 3 },
  });
  expect(queryMap(bundle, { query: 0 })).toEqual({
    rows: 2,
    columns: 3,
    values: Float32Array.of(0, 1, 2, 3, 4, 5),
  });
});
