/**
 * How fast the attention view is in Chromium with records of a paper's size: 6 layers × 12 heads × 32 queries × 257
 * positions, gradients, rollout and text, 64 pictures.  npx tsx bench/attentionView.ts
 * Beside the time on the clock, which other work on the machine lengthens, stands the page's own processor time.
 */
import { cpus } from 'node:os';
import { explorerScript, launch, openPage } from '../test/jupyter-ext/plainPage';
import { PAPER, sample, SET_FORMAT } from '../test/jupyter-ext/samples';

const PICTURES = 64;

/** In the page: milliseconds from the call until what it drew was on the screen. */
const HELPERS = `
window.painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
window.until = async (isThere) => { while (!isThere()) await new Promise((done) => setTimeout(done)); };
window.timed = async (action) => {
  const start = performance.now();
  await action();
  await window.painted();
  return performance.now() - start;
};
window.place = document.getElementById('view');
window.mount = (json, options) => { window.attention?.dispose(); window.attention = blip2Explorer.mount(window.place, json, options); };
`;

async function main(): Promise<void> {
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) texts.push(JSON.stringify(await sample(i, PAPER)));
  const browser = await launch();
  const page = await openPage(browser, explorerScript());
  await page.evaluate(HELPERS);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Milliseconds that the page's main thread has worked. */
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  await page.evaluate(`window.texts = ${JSON.stringify(texts)}`);
  const figures: Record<string, string> = { 'one picture, JSON': `${(texts[0].length / 1e6).toFixed(2)} MB` };
  const record = async (name: string, code: string, times = 7) => {
    const all: number[] = [];
    const before = await busy();
    for (let i = 0; i < times; i++) all.push(await page.evaluate<number>(`(async (i) => ${code})(${i})`));
    const own = ((await busy()) - before) / times;
    all.sort((a, b) => a - b);
    const [middle, most] = [all[times >> 1], all[times - 1]];
    figures[name] =
      `${own.toFixed(1)} ms of processor time; clock: median ${middle.toFixed(1)} ms, slowest of ${times} ${most.toFixed(1)} ms`;
  };

  await record('first paint, from JSON text', 'timed(() => mount(texts[i % 4]))');
  await record('other head', 'timed(() => attention.change({ head: i }))', 12);
  await record(
    'mean of all layers and heads',
    `timed(() => attention.change({ layer: i % 2 ? 'mean' : 'max', head: 'mean' }))`,
  );

  const move = (selector: string, target: string) => `{
    const all = [...place.querySelectorAll('${selector}')];
    return timed(() => { ${target} });
  }`;
  await record(
    'hover over a patch',
    move(
      '.blip2-Picture',
      `const box = all[0].getBoundingClientRect();
       all[0].dispatchEvent(new PointerEvent('pointermove', { bubbles: true, pointerType: 'mouse', clientX: box.left + ((i * 7) % 16 + 0.5) * box.width / 16, clientY: box.top + ((i * 3) % 16 + 0.5) * box.height / 16 }));`,
    ),
    60,
  );
  const over = `all[i % all.length].dispatchEvent(new PointerEvent('pointerover', { bubbles: true, pointerType: 'mouse' }));`;
  await record('hover over a query', move('.blip2-Tile', over), 60);
  await record('hover over a token', move('.blip2-Token', over), 20);

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
  console.log(`${cpus()[0].model}, ${cpus().length} cores, Chromium ${browser.version()}`);
  console.table(figures);
  await browser.close();
}

void main();
