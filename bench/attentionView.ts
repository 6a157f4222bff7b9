/**
 * How fast the attention view is in Chromium with records of a paper's size: 6 layers × 12 heads × 32 queries × 257
 * positions, gradients, rollout and text, 64 pictures.  npx tsx bench/attentionView.ts
 */
import { explorerScript, launch, openPage } from '../test/jupyter-ext/plainPage';
import { PAPER, sample, SET_FORMAT } from '../test/jupyter-ext/samples';
import { PageTimer } from './pageTimer';

const PICTURES = 64;

const PLACE = `
window.place = document.getElementById('view');
window.mount = (json, options) => { window.attention?.dispose(); window.attention = blip2Explorer.mount(window.place, json, options); };
`;

async function main(): Promise<void> {
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) texts.push(JSON.stringify(await sample(i, PAPER)));
  const browser = await launch();
  const page = await openPage(browser, explorerScript());
  await page.evaluate(PLACE);
  await page.evaluate(`window.texts = ${JSON.stringify(texts)}`);
  const timer = await PageTimer.on(page);
  timer.tell('one picture, JSON', `${(texts[0].length / 1e6).toFixed(2)} MB`);
  const record = timer.record.bind(timer);

  await record('first paint, from JSON text', 'timed(() => mount(texts[i % 4]))');
  await record('other head', 'timed(() => attention.change({ head: i }))', 12);
  await record(
    'mean of all layers and heads',
    `timed(() => attention.change({ layer: i % 2 ? 'mean' : 'max', head: 'mean' }))`,
  );
  await timer.recordHovers('place');

  await page.evaluate(`mount(
    { format: '${SET_FORMAT}', items: Array.from({ length: ${PICTURES} }, (_, i) => ({ name: 'picture ' + i, file: i + '.json' })) },
    { fetchItem: async (file) => texts[Number.parseInt(file) % 4] },
  )`);
  await page.evaluate(`until(() => place.querySelector('.blip2-Pane'))`);
  const isThere = `until(() => place.querySelector('.blip2-Name')?.textContent === 'picture ' + to)`;
  await page.waitForTimeout(1000);
  await record(
    'next picture of the set',
    `{ const to = attention.state.item + 1; const time = await timed(async () => { attention.change({ item: to }); await ${isThere}; }); await new Promise((done) => setTimeout(done, 600)); return time; }`,
  );
  await record(
    'any picture of the set',
    `{ const to = (attention.state.item * 5 + 17) % ${PICTURES}; return timed(async () => { attention.change({ item: to }); await ${isThere}; }); }`,
  );
  await record(
    'two side by side',
    `timed(async () => { attention.change({ compare: (i * 7) % ${PICTURES} }); await until(() => place.querySelectorAll('.blip2-Pane').length === 2); })`,
  );
  await page.evaluate(`attention.change({ compare: null })`);
  await record(
    '20 views on one page',
    `timed(() => { attention.dispose(); place.replaceChildren(...Array.from({ length: 20 }, (_, n) => { const one = document.createElement('div'); blip2Explorer.mount(one, texts[n % 4]); return one; })); })`,
    3,
  );
  await browser.close();
}

void main();
