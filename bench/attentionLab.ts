/**
 * The same in JupyterLab: a notebook with 8 views of a paper's size, 200 runs of one of its cells, and a folder of 64
 * pictures.  npx tsx bench/attentionLab.ts (wants the set-up's JupyterLab and the built extension)
 */
import { obstacle, startLab } from '../test/jupyter-ext/jupyterLab';
import { heap } from '../test/jupyter-ext/heap';
import { notebookOf, rendering } from '../test/jupyter-ext/notebook';
import { PAPER, sample, SET_FORMAT } from '../test/jupyter-ext/samples';
import { ATTENTION_FORMAT } from '../packages/jupyter-ext/src/attention';
import { PageTimer } from './pageTimer';

const [VIEWS, RUNS, PICTURES] = [8, 200, 64];

const NOTEBOOK = `jupyterapp.shell.currentWidget.content`;
const cellAt = (index: string) => `${NOTEBOOK}.widgets[${index}].node`;
const DRAWN = `until(() => cell.querySelector('.blip2-Sheet'))`;

async function main(): Promise<void> {
  if (obstacle) throw new Error(obstacle);
  const bundles = await Promise.all(Array.from({ length: VIEWS }, (_, i) => sample(i, PAPER)));
  const lab = await startLab();
  try {
    const outputs = bundles.map((bundle) => rendering({ [ATTENTION_FORMAT]: bundle }));
    lab.write('views.ipynb', notebookOf(outputs, ['1']));
    const items = Array.from({ length: PICTURES }, (_, i) => ({ name: `picture ${i}`, file: `${i}.json` }));
    for (const [i, { file }] of items.entries()) lab.write(`many/${file}`, bundles[i % VIEWS]);
    lab.write('many/index.attention.json', { format: SET_FORMAT, items });
    lab.write('first.ipynb', notebookOf([], ['1']));
    await lab.open('first.ipynb');
    const { page } = lab;
    const timer = await PageTimer.on(page);
    await timer.record(
      `a notebook with ${VIEWS} views, until the first is drawn`,
      `timed(async () => { void jupyterapp.commands.execute('docmanager:open', { path: 'views.ipynb' }); await until(() => document.querySelector('.blip2-Sheet')); })`,
      1,
    );
    await timer.record(
      `the other ${VIEWS - 1} views, each scrolled to`,
      `timed(async () => { const cell = ${cellAt('i + 1')}; void ${NOTEBOOK}.scrollToItem(i + 1, 'start'); await ${DRAWN}; })`,
      VIEWS - 1,
    );
    await page.evaluate(`void ${NOTEBOOK}.scrollToItem(3, 'start')`);
    await page.waitForTimeout(1000);
    const view = `${cellAt('3')}.querySelector('.blip2-Attention')`;
    await timer.recordHovers(view);

    await page.evaluate(
      `window.again = JSON.stringify(${NOTEBOOK}.widgets[3].model.outputs.get(0).toJSON())`,
    );
    const rerun = `timed(async () => {
      const { outputs } = ${NOTEBOOK}.widgets[3].model;
      outputs.clear();
      outputs.add(JSON.parse(again));
      const cell = ${cellAt('3')};
      await ${DRAWN};
    })`;
    await timer.record('a cell that shows one is run again', rerun, 20);
    const before = await heap(page);
    await timer.record(`the same ${RUNS} times`, rerun, RUNS);
    const after = await heap(page);
    timer.tell('heap before and after', `${(before / 1e6).toFixed(1)} MB, ${(after / 1e6).toFixed(1)} MB`);

    await page.evaluate(
      `void jupyterapp.commands.execute('docmanager:open', { path: 'many/index.attention.json' })`,
    );
    const front = `document.querySelector('.blip2-Document:not(.lm-mod-hidden)')`;
    await page.evaluate(`until(() => ${front}?.querySelector('.blip2-Pane'))`);
    await page.waitForTimeout(2000);
    await timer.record(
      `next of ${PICTURES} pictures, fetched ahead from JupyterLab's server`,
      `{ const time = await timed(async () => { ${front}.querySelector('[aria-label="Next picture"]').click(); await until(() => ${front}.querySelector('.blip2-Name')?.textContent === 'picture ' + (i + 1)); }); await new Promise((done) => setTimeout(done, 1500)); return time; }`,
    );
    await timer.record(
      'any picture, fetched when it is asked for',
      `timed(async () => { const list = ${front}.querySelector('.blip2-Set select'); const to = (i * 11 + 20) % ${PICTURES}; list.selectedIndex = to; list.dispatchEvent(new Event('change', { bubbles: true })); await until(() => ${front}.querySelector('.blip2-Name')?.textContent === 'picture ' + to); })`,
    );
  } finally {
    await lab.close();
  }
}

void main();
