import sharp from 'sharp';
import { expect, it } from 'vitest';
import { ATTENTION_FORMAT, attentionBundle } from '../../packages/core/src/attention';
import {
  attentionPicture,
  attentionView,
  imageGrid,
  lossCurve,
  PLOTLY,
  table,
  type Rendering,
  type View,
} from '../../packages/core/src/notebook';
import { lossLines } from '../../packages/core/src/notebook/lossCurve';
import { svgDocument, wrap } from '../../packages/core/src/notebook/svg';
import { ticks } from '../../packages/core/src/notebook/ticks';

const log = Array.from({ length: 300 }, (_, step) => ({
  step,
  loss: 3 - step / 300,
  itc: 1,
  learningRate: 1e-3,
  samplesPerSecond: 800,
  gradientNorm: 1,
}));
const plain = (red: number, green: number, blue: number) => ({
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 192 }, (_, i) => [red, green, blue][i % 3]),
});

function pngOf({ data }: Rendering): Buffer {
  return Buffer.from(data['image/png'] as string, 'base64');
}

/** The colour at a place of the page: a PNG has two pixels to each of the page's. */
async function colorAt(rendering: Rendering, x: number, y: number): Promise<number[]> {
  const at = { left: 2 * x, top: 2 * y, width: 1, height: 1 };
  return [
    ...(await sharp(pngOf(rendering)).toColourspace('srgb').removeAlpha().extract(at).raw().toBuffer()),
  ];
}

const bundle = () =>
  attentionBundle({
    image: plain(255, 0, 0),
    maps: [{ layer: 2, shape: [1, 2, 5], values: Float32Array.of(0, 1, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2) }],
    text: 'a <red> picture',
  });

it.each<[string, () => View | Promise<View>, string]>([
  ['loss curve', () => lossCurve({ log }), PLOTLY],
  ['image grid', () => imageGrid([{ image: plain(1, 2, 3), caption: 'a & b' }]), 'image/png'],
  ['attention', async () => attentionView(await bundle()), 'application/vnd.blip2.attention.v1+json'],
])('%s: has a PNG of the size it is meant to be seen in, and text', async (_, make, type) => {
  const rendering = await (await make()).render();
  expect(rendering.data).toHaveProperty([type]);
  expect(rendering.data['text/plain']).toMatch(/\S/);
  const { width, height } = await sharp(pngOf(rendering)).metadata();
  const size = rendering.metadata['image/png'] as { width: number; height: number };
  expect([width, height]).toEqual([2 * size.width, 2 * size.height]);
});

it('loss curve: a line per loss, and points that are means of equally many steps', () => {
  const lines = lossLines(log);
  expect(lines.map(({ name }) => name)).toEqual(['loss', 'itc']);
  const [{ x, y }] = lines;
  expect(x).toHaveLength(100);
  expect([x[0], x.at(-1)]).toEqual([3, 300]);
  expect(y[0]).toBeCloseTo(3 - 1 / 300, 9);
});

it('loss curve: of a run without a step is drawn empty', async () => {
  const { data } = await lossCurve({ log: [] }).render();
  expect(data[PLOTLY]).toMatchObject({ data: [] });
});

it('image grid: frames the right ones, titles its rows', async () => {
  const tiles = [{ image: plain(0, 0, 255), right: true }, { image: plain(0, 0, 255) }];
  const rendering = await imageGrid([{ title: 'blue', tiles }], { tile: 50 }).render();
  expect(rendering.data['text/plain']).toBe('blue: picture ✓ | picture');
  const [title, margin] = [26, 6];
  expect(await colorAt(rendering, margin + 25, margin + title + 25)).toEqual([0, 0, 255]);
  expect(await colorAt(rendering, margin - 1, margin + title + 25)).toEqual([0x00, 0x9e, 0x73]);
  expect(await colorAt(rendering, margin + 62 - 1, margin + title + 25)).toEqual([255, 255, 255]);
});

it('image grid: too long a row goes on in the next line', async () => {
  const tiles = Array.from({ length: 5 }, () => ({ image: plain(0, 0, 0) }));
  const { data } = await imageGrid(tiles, { columns: 2, tile: 20 }).render();
  expect(data['text/plain']).toBe('picture | picture\npicture | picture\npicture');
});

it('attention: a query’s patch is bright, the others are dark', async () => {
  const objects = [true, false, false, false];
  const rendering = await attentionView(await bundle(), { queries: [0], objects }).render();
  const left = 10 + 108 + 10; // of the first query’s picture, beside the whole one
  expect(await colorAt(rendering, left + 4, 10 + 4)).toEqual([255, 0, 0]);
  const [red] = await colorAt(rendering, left + 100, 10 + 100);
  expect(red).toBeLessThan(100);
  expect(rendering.data['text/plain']).toBe('Attention in layer 2: query 0 100% on objects');
});

it('attention: many queries stay on the page, and a viewer is told how to begin', async () => {
  const shape = [1, 16, 5];
  const many = await attentionBundle({
    image: plain(255, 0, 0),
    maps: [{ layer: 2, shape, values: new Float32Array(80).fill(0.2) }],
  });
  const { metadata } = await attentionView(many, { head: 'max', queries: [3, 1] }).render();
  expect(metadata[ATTENTION_FORMAT]).toEqual({ head: 'max', queries: [3, 1] });
  const whole = await attentionView(many).render();
  const [few, all] = [metadata, whole.metadata].map(
    (one) => one['image/png'] as { width: number; height: number },
  );
  expect(all.width).toBeLessThanOrEqual(760);
  expect(all.height).toBeGreaterThanOrEqual(3 * 108);
  expect(few.height).toBeLessThan(2 * 108);
});

it('attention picture: the patch that its query looks at is the brightest, however little that is', async () => {
  const png = await attentionPicture(await bundle(), { query: 0 });
  const rendering: Rendering = { data: { 'image/png': png.toString('base64') }, metadata: {} };
  const [lit, dark] = [await colorAt(rendering, 3, 3), await colorAt(rendering, 105, 105)];
  expect(lit[0]).toBeGreaterThan(dark[0] + 50);
});

it('table: numbers to the right, text escaped', async () => {
  const { data } = await table({
    columns: ['name', 'share'],
    values: [
      ['a<b', 1.25],
      ['c', 100],
    ],
  }).render();
  expect(data['text/plain']).toBe('name  share\na<b     1.3\nc     100.0');
  expect(data['text/html']).toContain('<td style="text-align:left">a&lt;b</td>');
  expect(data['text/html']).toContain('<td style="text-align:right">100.0</td>');
});

it('breaks long captions, and finds round numbers', () => {
  expect(wrap('a small red circle', 60, 10)).toEqual(['a small', 'red circle']);
  expect(ticks(0, 1400, 7)).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400]);
  expect(ticks(0, 0.37, 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(svgDocument({ width: 1, height: 1, content: '' })).toMatch(/^<svg /);
});
