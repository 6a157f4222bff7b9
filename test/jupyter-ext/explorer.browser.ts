// The extension in JupyterLab, in Chromium: `npm run test:browser`. One start of JupyterLab for all, as it takes long.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ATTENTION_FORMAT, queryMap, type AttentionBundle } from '../../packages/core/src/attention';
import { attentionView } from '../../packages/core/src/notebook/attentionView';
import { lineChart } from '../../packages/core/src/notebook/lineChart';
import { PLOTLY } from '../../packages/core/src/notebook/view';
import { heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { heap } from './heap';
import { EVIL, hostileOutputs } from './hostile';
import { obstacle, startLab, type Lab } from './jupyterLab';
import { documentTests } from './labDocuments';
import { cell, choose, expectPixels, query, screenshot, viewIn } from './labPage';
import { settingsTests } from './labSettings';
import { TRAINING_CELL, trainingTests } from './labTraining';
import { notebookOf, QUERIES, rendering, sampleBundle, setOf } from './notebook';

const chart = lineChart({
  title: 'Loss',
  x: 'step',
  y: 'loss',
  lines: [{ name: 'itc', color: '#0072b2', x: [0, 1, 2, 3], y: [3, 2, 1.5, 1.2] }],
});
const NOTEBOOK = 'jupyterapp.shell.currentWidget';
const OUTPUTS = `${NOTEBOOK}.content.widgets[1].model.outputs`;
const RERUNS = 200;
/** Milliseconds for so many on a busy machine. */
const RERUNS_TAKE = 900_000;

if (obstacle) console.warn(`The extension in a browser: skipped, ${obstacle}`);

describe.skipIf(obstacle)('in JupyterLab', () => {
  let bundles: AttentionBundle[];
  let lab: Lab;

  beforeAll(async () => {
    bundles = await Promise.all([0, 1, 2].map((index) => sampleBundle(index)));
    lab = await startLab();
    const { files, set } = setOf(bundles);
    for (const [name, bundle] of files) lab.write(`many/${name}`, bundle);
    lab.write('many/index.attention.json', set);
    lab.write('picture.attention.json', bundles[0]);
    lab.write(
      'outputs.ipynb',
      notebookOf(
        [
          await attentionView(bundles[0], { queries: [2], caption: `${EVIL} a caption` }).render(),
          rendering({ [ATTENTION_FORMAT]: JSON.stringify(bundles[1]), 'text/plain': 'attention' }),
          await chart.render(),
          rendering({ [PLOTLY]: JSON.stringify({ data: [{ x: [1, 2, 3], y: [2, 6, 3] }] }) }),
          rendering({ [set.format]: { ...set, dir: 'many' }, 'text/plain': 'attention' }),
        ],
        [KERNEL_CELL, TRAINING_CELL],
      ),
    );
    await lab.open('outputs.ipynb');
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screenshot(lab.page, 'failed');
  });

  afterAll(() => lab?.close());

  const inCell = async (index: number) => viewIn(await cell(lab.page, index));
  const save = async () => {
    await lab.command('docmanager:save');
    await lab.page.waitForFunction(`!${NOTEBOOK}.context.model.dirty`);
  };

  it('draws the tensors of a bundle rather than the picture beside it, as the notebook asked for', async () => {
    const view = await inCell(0);
    expect(await (await cell(lab.page, 0)).locator('.jp-RenderedImage').count()).toBe(0);
    expect(await query(view, 2).getAttribute('aria-selected')).toBe('true');
    expect(await view.getByText(`${EVIL} a caption`).count()).toBe(1);
    const maps = Array.from({ length: QUERIES }, (_, one) => queryMap(bundles[0], { query: one }).values);
    const top = Math.max(...maps.flatMap((map) => [...map]));
    await expectPixels(view, heatPixels(maps[2], top, 'viridis'));
    await screenshot(lab.page, 'lab-notebook');
  });

  it('keeps what was chosen in the notebook, which looking alone does not change', async () => {
    await lab.kernelIsIdle();
    await save();
    const view = await inCell(1);
    await query(view, 4).hover();
    await lab.page.mouse.move(0, 0);
    expect(await lab.page.evaluate(`${NOTEBOOK}.context.model.dirty`)).toBe(false);
    await query(view, 7).click();
    await choose(view, 'Colors', 'Light on the picture');
    expect(await lab.page.evaluate(`${NOTEBOOK}.context.model.dirty`)).toBe(true);
    await save();
    const { cells } = lab.read('outputs.ipynb') as { cells: { metadata: object }[] };
    expect(cells[0].metadata).not.toHaveProperty('blip2');
    expect(cells[1].metadata).toMatchObject({ blip2: { attention: { 0: { query: 7, paint: 'light' } } } });
    await lab.open('outputs.ipynb');
    const map = queryMap(bundles[1], { query: 7 }).values;
    const again = await inCell(1);
    expect(await query(again, 7).getAttribute('aria-selected')).toBe('true');
    await choose(again, 'Scale', 'Each its own');
    await expectPixels(again, heatPixels(map, Math.max(...map), 'light'));
  });

  it(
    `shows ${RERUNS} runs of a cell without keeping what it does not show`,
    async () => {
      const output = { output_type: 'display_data', metadata: {}, data: { [ATTENTION_FORMAT]: bundles[0] } };
      const rerun = (times: number) =>
        lab.page.evaluate(`(async () => {
        for (let i = 0; i < ${times}; i++) {
          ${OUTPUTS}.clear();
          ${OUTPUTS}.add(structuredClone(${JSON.stringify(output)}));
          await new Promise(requestAnimationFrame);
        }
      })()`);
      await (await cell(lab.page, 1)).scrollIntoViewIfNeeded();
      await rerun(20);
      const before = await heap(lab.page);
      await rerun(RERUNS);
      const grown = (await heap(lab.page)) - before;
      console.info(
        `${RERUNS} runs of a cell: ${(before / 1e6).toFixed(1)} MB and ${(grown / 1e6).toFixed(2)} MB more`,
      );
      expect(grown).toBeLessThan(3e6);
      const view = await inCell(1);
      // The notebook has it, although the outputs are others.
      expect(await query(view, 7).getAttribute('aria-selected')).toBe('true');
    },
    RERUNS_TAKE,
  );

  it.each([2, 3])('draws the plotly figure of cell %i', async (index) => {
    const plot = (await cell(lab.page, index)).locator('.js-plotly-plot');
    await plot.locator('.scatterlayer path.js-line').waitFor();
    expect((await plot.locator('.main-svg').first().boundingBox())!.width).toBeGreaterThan(500);
    const titles = await plot
      .locator('.modebar-btn')
      .evaluateAll((all: { dataset: { title?: string } }[]) => all.map(({ dataset }) => dataset.title));
    expect(titles).toContain('Zoom');
    expect(titles).not.toContain('Share chart...');
  });

  documentTests(() => lab);
  trainingTests(() => lab);
  settingsTests(() => lab);

  it('shows what is wrong with hostile bundles in their place, and runs nothing of them', async () => {
    const hostile = hostileOutputs(bundles[0]);
    lab.write('secret.attention.json', bundles[0]);
    lab.write(
      'hostile/outputs.ipynb',
      notebookOf(hostile.map(({ format, json }) => rendering({ [format]: json, 'text/plain': 'attention' }))),
    );
    lab.asked.length = 0;
    await lab.bring('hostile/outputs.ipynb');
    for (const [index, { name, told }] of hostile.entries()) {
      const alert = (await cell(lab.page, index)).getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent(), name).toContain(told);
    }
    expect(await lab.page.evaluate('window.evil')).toBeUndefined();
    const files = lab.asked.filter((path) => path.includes('/files/'));
    expect(files).toEqual(['/files/hostile/gone.attention.json']);
    await screenshot(lab.page, 'lab-hostile');
  });

  it('shows in the browser what a cell computes', async () => {
    await lab.bring('outputs.ipynb');
    await lab.kernelIsIdle();
    const found = await cell(lab.page, 5);
    await found.locator('.cm-content').click();
    await lab.page.keyboard.press('Shift+Enter');
    const view = found.locator('.blip2-Attention');
    await view.waitFor().catch(async (error: Error) => {
      throw new Error(`${error.message}\nThe cell shows: ${await found.innerText()}`);
    });
    // The colours are those of the settings by now.
    await expectPixels(view, heatPixels(Float32Array.of(0.1, 0.2, 0.3, 0.15), 0.3, 'cividis'));
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
