// The extension in JupyterLab, in Chromium: `npm run test:browser`. Screenshots go to .blip2/reports/screenshots/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ATTENTION_FORMAT, queryMap, type AttentionBundle } from '../../packages/core/src/attention';
import { attentionView } from '../../packages/core/src/notebook/attentionView';
import { lineChart } from '../../packages/core/src/notebook/lineChart';
import { PLOTLY } from '../../packages/core/src/notebook/view';
import type { Head } from '../../packages/jupyter-ext/src/attention/choice';
import { heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { headName } from '../../packages/jupyter-ext/src/attention/words';
import { obstacle, startLab, type Lab } from './jupyterLab';
import { HEADS, notebookOf, QUERIES, rendering, sampleBundle } from './notebook';

const screenshots = fileURLToPath(new URL('../../.blip2/reports/screenshots', import.meta.url));
const chart = lineChart({
  title: 'Loss',
  x: 'step',
  y: 'loss',
  lines: [{ name: 'itc', color: '#0072b2', x: [0, 1, 2, 3], y: [3, 2, 1.5, 1.2] }],
});
const EVIL = '<img src=x onerror="window.evil = true"><script>window.evil = true</script>';

/** As far as these tests know it. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  };
}

if (obstacle) console.warn(`The extension in a browser: skipped, ${obstacle}`);

describe.skipIf(obstacle)('in JupyterLab', () => {
  let bundle: AttentionBundle;
  let lab: Lab;
  let top: number;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    bundle = await sampleBundle();
    const maps = Array.from({ length: QUERIES }, (_, query) => queryMap(bundle, { query }).values);
    top = Math.max(...maps.flatMap((map) => [...map]));
    lab = await startLab();
    await lab.open(
      'outputs.ipynb',
      notebookOf([
        await attentionView(bundle, { queries: [2], caption: `${EVIL} a caption` }).render(),
        rendering({ [ATTENTION_FORMAT]: JSON.stringify(bundle), 'text/plain': 'attention' }),
        await chart.render(),
        rendering({ [PLOTLY]: JSON.stringify({ data: [{ x: [1, 2, 3], y: [2, 6, 3] }] }) }),
        rendering({ [ATTENTION_FORMAT]: { ...bundle, heads: 5, text: EVIL }, 'text/plain': 'attention' }),
      ]),
    );
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await lab.page.screenshot({ path: join(screenshots, 'failed.png') });
  });

  afterAll(() => lab.close());

  const cell = async (index: number): Promise<Locator> => {
    const found = lab.page.locator('.jp-Notebook .jp-Cell').nth(index);
    await found.scrollIntoViewIfNeeded();
    return found;
  };
  const explorer = async (index: number) => {
    const view = (await cell(index)).locator('.blip2-Attention');
    await view.waitFor();
    return view;
  };
  const query = (view: Locator, index: number) =>
    view.getByRole('radio', { name: `Query ${index}`, exact: true });
  const choose = (view: Locator, name: string, label: string) =>
    view.getByRole('combobox', { name }).selectOption({ label });

  /** What is on the screen over a query's picture: [4 P]. */
  const pixels = (view: Locator) =>
    view.locator('.blip2-Picture canvas').evaluate((canvas: Canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(data);
    });

  /** Chromium keeps colours multiplied with their opacity, so they come back changed by a rounding. */
  const expectPixels = (found: number[], expected: Uint8ClampedArray) => {
    expect(found).toHaveLength(expected.length);
    expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
  };
  const expectMap = async (view: Locator, where: { query: number; layer?: number; head?: Head }, end = top) =>
    expectPixels(await pixels(view), heatPixels(queryMap(bundle, where).values, end, 'heat'));

  it('draws the bundle rather than the picture beside it, as the notebook asked for', async () => {
    const view = await explorer(0);
    expect(await (await cell(0)).locator('.jp-RenderedImage').count()).toBe(0);
    expect(await query(view, 2).getAttribute('aria-checked')).toBe('true');
    expect(await view.getByRole('radio').count()).toBe(QUERIES);
    await expectMap(view, { query: 2 });
    await lab.page.screenshot({ path: join(screenshots, 'attention.png') });
  });

  it('shows the tensors’ numbers for every query, layer and head that is chosen', async () => {
    const view = await explorer(0);
    await query(view, 9).click();
    await expectMap(view, { query: 9 });
    const heads: Head[] = ['max', HEADS - 1];
    for (const layer of [0, 2]) {
      await choose(view, 'Layer', String(layer));
      for (const head of heads) {
        await choose(view, 'Head', headName(head, HEADS));
        await choose(view, 'Scale', 'Each query’s own');
        const map = queryMap(bundle, { query: 9, layer, head }).values;
        await expectMap(view, { query: 9, layer, head }, Math.max(...map));
      }
    }
    await choose(view, 'Colors', 'Light on the picture');
    const map = queryMap(bundle, { query: 9, head: HEADS - 1 }).values;
    expectPixels(await pixels(view), heatPixels(map, Math.max(...map), 'light'));
  });

  it('is worked with the keyboard alone, and the notebook around it stays where it is', async () => {
    const view = await explorer(1);
    await view.getByLabel('Colors').focus();
    await lab.page.keyboard.press('Tab');
    expect(await view.locator('.blip2-Picture:focus').count()).toBe(1);
    const readout = view.locator('.blip2-Readout');
    const { values } = queryMap(bundle, { query: 0 });
    const peak = values.indexOf(Math.max(...values));
    await lab.page.keyboard.press('Home');
    await lab.page.keyboard.press('ArrowRight');
    expect(await readout.textContent()).toMatch(
      new RegExp(`^Row ${Math.floor(peak / 8) + 1}, column 2: \\d`),
    );
    await lab.page.keyboard.press('Tab');
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight']) await lab.page.keyboard.press(key);
    expect(await query(view, 3).getAttribute('aria-checked')).toBe('true');
    expect(await view.locator('[aria-checked=true]:focus').textContent()).toBe('3');
    await expectMap(view, { query: 3 });
    // Of no use to the view, but shortcuts of the notebook: insert below, delete.
    for (const key of ['b', 'd', 'd']) await lab.page.keyboard.press(key);
    expect(await lab.page.locator('.jp-Notebook .jp-Cell').count()).toBe(5);
  });

  it('keeps what was chosen when the output is drawn anew', async () => {
    const view = await explorer(1);
    await query(view, 7).click();
    await view.evaluate((node: { id: string }) => {
      node.id = 'old';
    });
    const output = { output_type: 'display_data', metadata: {}, data: { [ATTENTION_FORMAT]: bundle } };
    await lab.page.evaluate(
      `jupyterapp.shell.currentWidget.content.widgets[1].model.outputs.set(0, ${JSON.stringify(output)})`,
    );
    await lab.page.locator('#old').waitFor({ state: 'detached' });
    await expectMap(await explorer(1), { query: 7 });
  });

  it.each([2, 3])('draws the plotly figure of cell %i', async (index) => {
    const plot = (await cell(index)).locator('.js-plotly-plot');
    await plot.locator('.scatterlayer path.js-line').waitFor();
    const box = await plot.locator('.main-svg').first().boundingBox();
    expect(box!.width).toBeGreaterThan(500);
    const buttons = plot.locator('.modebar-btn');
    expect(await buttons.count()).toBeGreaterThan(4);
    const titles = await buttons.evaluateAll((all: { dataset: { title?: string } }[]) =>
      all.map(({ dataset }) => dataset.title),
    );
    expect(titles).toContain('Zoom');
    expect(titles).not.toContain('Share chart...');
    await lab.page.screenshot({ path: join(screenshots, `plotly-${index}.png`) });
  });

  it('shows a damaged bundle as an error, and text of bundles as text', async () => {
    const error = (await cell(4)).getByRole('alert');
    expect(await error.textContent()).toBe(
      'This attention bundle cannot be shown: layers.0.heat: expected 5120 numbers.',
    );
    expect(await (await explorer(0)).locator('figcaption').textContent()).toBe(`${EVIL} a caption`);
    expect(await lab.page.evaluate('window.evil')).toBeUndefined();
  });

  it('follows the theme', async () => {
    await explorer(1);
    const color = () =>
      lab.page.evaluate(`getComputedStyle(document.querySelector('.blip2-Attention')).color`);
    const light = await color();
    await lab.page.evaluate(
      `jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })`,
    );
    await expect.poll(color, { timeout: 20_000 }).not.toBe(light);
    await lab.page.screenshot({ path: join(screenshots, 'attention-dark.png') });
  });

  it('shows in the browser what a cell computes', async () => {
    await lab.open('kernel.ipynb', notebookOf([], [KERNEL_CELL]));
    await lab.kernelIsIdle();
    const found = await cell(0);
    await found.locator('.cm-content').click();
    await lab.page.keyboard.press('Shift+Enter');
    const view = found.locator('.blip2-Attention');
    await view.waitFor().catch(async (error: Error) => {
      throw new Error(`${error.message}\nThe cell shows: ${await found.innerText()}`);
    });
    const map = Float32Array.of(0.1, 0.2, 0.3, 0.15);
    expectPixels(await pixels(view), heatPixels(map, 0.3, 'heat'));
    expect(await view.locator('.blip2-Summary').textContent()).toContain('25.0%');
  });

  it('asked no other machine for anything', () => {
    expect(lab.strangers).toEqual([]);
  });
});

const KERNEL_CELL = `import { attentionBundle, attentionView, show } from '@blip2/core';
const image = { width: 2, height: 2, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255) };
const values = Float32Array.of(0.25, 0.1, 0.2, 0.3, 0.15);
await show(attentionView(await attentionBundle({ image, maps: [{ layer: 0, shape: [1, 1, 5], values }] })));`;
