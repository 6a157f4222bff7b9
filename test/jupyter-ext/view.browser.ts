// The attention view in Chromium, without JupyterLab: `npm run test:browser`. Screenshots go to .blip2/reports/screenshots/.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  firstState,
  pageHtml,
  readAttention,
  type Attention,
  type ViewState,
} from '../../packages/jupyter-ext/src/attention';
import { heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { atPatch, mapOf, readingOf, stackOf, through } from '../../packages/jupyter-ext/src/attention/maps';
import { ranked } from '../../packages/jupyter-ext/src/attention/ranking';
import { fit, sourcesOf } from '../../packages/jupyter-ext/src/attention/state';
import { chromiumPath } from './chromium';
import { explorerScript, launch, mount, openPage } from './plainPage';
import { PAPER, sample, SET_FORMAT } from './samples';

const screenshots = fileURLToPath(new URL('../../.blip2/reports/screenshots', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EVIL = '<img src=x onerror="window.evil = true">';
const [QUERIES, SIDE] = [8, 4];

type Json = Record<string, unknown>;

describe.skipIf(!chromiumPath)('on a plain page', () => {
  let browser: Browser;
  let page: Page;
  let script: string;
  const bundles: Json[] = [];
  const attentions: Attention[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    script = explorerScript();
    for (const index of [0, 1, 2]) {
      bundles.push(await sample(index, { isFull: true, isQuantised: index > 0, scale: 2 }));
      attentions.push(readAttention(bundles[index]));
    }
    browser = await launch();
    page = await openPage(browser, script);
    page.on('pageerror', (error) => errors.push(error.message));
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await page.screenshot({ path: join(screenshots, 'view-failed.png') });
    await page.mouse.move(0, 0);
  });

  afterAll(() => browser?.close());

  const query = (view: Locator, index: number) =>
    view.getByRole('option', { name: `Query ${index}`, exact: true });
  const choose = (view: Locator, name: string, label: string) =>
    view.getByRole('combobox', { name, exact: true }).selectOption({ label });
  /** The middle of a patch of the picture. */
  const patch = async (view: Locator, index: number) => {
    const { width, height } = (await view.locator('.blip2-Picture').boundingBox())!;
    const [row, column] = [Math.floor(index / SIDE), index % SIDE];
    return { position: { x: ((column + 0.5) * width) / SIDE, y: ((row + 0.5) * height) / SIDE } };
  };
  const state = () => page.evaluate<ViewState>('window.attention.state');
  const labels = (view: Locator) =>
    view
      .locator('.blip2-Multiples')
      .first()
      .getByRole('option')
      .evaluateAll((all: { getAttribute(name: string): string }[]) =>
        all.map((one) => Number(one.getAttribute('aria-label').slice('Query '.length))),
      );

  /** What is on the screen over the picture: [4 P]. */
  const pixels = (view: Locator) =>
    view
      .locator('.blip2-Picture canvas')
      .evaluate((canvas: Canvas) =>
        Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data),
      );
  /** Chromium keeps colours multiplied with their opacity, so they come back changed by a rounding. */
  const expectMap = async (
    view: Locator,
    map: Float32Array,
    top: number,
    paint: ViewState['paint'] = 'viridis',
  ) => {
    const [found, expected] = [await pixels(view), heatPixels(map, top, paint)];
    expect(found).toHaveLength(expected.length);
    expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
  };
  const stack = (change: Partial<ViewState> = {}, of = attentions[0]) =>
    stackOf(of, fit(of, { ...firstState(), ...change }));
  const expectQuery = (view: Locator, index: number, of = stack()) =>
    expectMap(view, mapOf(of, index), Math.max(...of.tops));

  it('shows the numbers of every source, layer and head that is chosen', async () => {
    const view = await mount(page, bundles[1]);
    const names = { attention: 'Attention', gradients: 'Gradient-weighted', rollout: 'Rollout' };
    await query(view, 3).click();
    for (const source of sourcesOf(attentions[1])) {
      await choose(view, 'Source', names[source]);
      if (source === 'rollout') {
        expect(await view.getByRole('combobox', { name: 'Layer', exact: true }).isDisabled()).toBe(true);
        await expectQuery(view, 3, stack({ source }, attentions[1]));
        continue;
      }
      for (const [layer, layerName] of [
        [0, 'Layer 0'],
        ['mean', 'Mean of 2 layers'],
        ['max', 'Largest of 2 layers'],
      ] as const) {
        await choose(view, 'Layer', layerName);
        for (const [head, headName] of [
          [3, 'Head 3'],
          ['mean', 'Mean of 4 heads'],
          ['max', 'Largest of 4 heads'],
        ] as const) {
          await choose(view, 'Head', headName);
          await expectQuery(view, 3, stack({ source, layer, head }, attentions[1]));
        }
      }
    }
    await choose(view, 'Source', 'Attention');
    await choose(view, 'Scale', 'Each its own');
    const own = stack({ layer: 'max', head: 'max' }, attentions[1]);
    for (const [paint, name] of [
      ['cividis', 'Cividis over gray'],
      ['light', 'Light on the picture'],
    ] as const) {
      await choose(view, 'Colors', name);
      await expectMap(view, mapOf(own, 3), own.tops[3], paint);
    }
    expect(await view.locator('.blip2-Summary').textContent()).toContain(`${(100 * own.cls[3]).toFixed(1)}%`);
  });

  it('a query is looked at while it is pointed at, locked by a click, freed by Escape', async () => {
    const view = await mount(page, bundles[0]);
    await query(view, 5).hover();
    await expectQuery(view, 5);
    await view.locator('.blip2-Caution').hover();
    await expectQuery(view, 0);
    await query(view, 5).click();
    expect(await view.locator('.blip2-Lock').isVisible()).toBe(true);
    await query(view, 2).hover();
    await expectQuery(view, 5);
    expect(await state()).toMatchObject({ query: 5, locked: true });
    await page.keyboard.press('Escape');
    await expectQuery(view, 2);
    expect(await state()).toMatchObject({ query: 5, locked: false });
    await query(view, 5).click();
    await query(view, 5).click();
    expect(await state()).toMatchObject({ query: 5, locked: false });
  });

  it('a patch that is pointed at marks the queries that look there; a click keeps it and sorts them', async () => {
    const view = await mount(page, bundles[0]);
    const values = atPatch(stack(), 6);
    const best = ranked(values);
    await view.locator('.blip2-Picture').hover(await patch(view, 6));
    expect(await view.locator('.blip2-Readout').textContent()).toBe(
      `Row 2, column 3: ${(100 * values[0]).toFixed(values[0] < 0.0995 ? 2 : 1)}% of query 0’s attention`,
    );
    expect(await query(view, best[0]).getAttribute('data-place')).toBe('1');
    expect(await query(view, best[4]).getAttribute('data-place')).toBe('5');
    expect(await query(view, best[1]).getAttribute('aria-description')).toMatch(/%, place 2$/);
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await view.locator('.blip2-Picture').click(await patch(view, 6));
    expect(await labels(view)).toEqual(best);
    await view.locator('.blip2-Caution').hover();
    expect(await view.locator('.blip2-Heading').textContent()).toBe('Looking at row 2, column 3');
    // Linked the other way round: what another query gives to the patch that is kept.
    await query(view, best[0]).hover();
    expect(await view.locator('.blip2-Readout').textContent()).toContain(`of query ${best[0]}’s attention`);
    await page.keyboard.press('Escape');
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('sorts by entropy and by peak', async () => {
    const view = await mount(page, bundles[0]);
    const { entropies, tops } = stack();
    await choose(view, 'Order', 'Most focused first');
    expect(await labels(view)).toEqual(ranked(entropies.map((value) => -value)));
    await choose(view, 'Order', 'Highest peak first');
    expect(await labels(view)).toEqual(ranked(tops));
  });

  it('leads from a token of the text to queries and patches', async () => {
    const view = await mount(page, bundles[0]);
    const reading = readingOf(attentions[0].tokens!, { layer: 'mean', head: 'mean' });
    const weights = reading.subarray(2 * QUERIES, 3 * QUERIES);
    const { map } = through(weights, stack());
    const tokens = view.locator('.blip2-Strip').first().getByRole('option');
    await tokens.nth(2).hover();
    await expectMap(view, map, Math.max(...map));
    expect(await view.locator('.blip2-Note').textContent()).toContain('not one that was taken');
    await tokens.nth(2).click();
    await view.locator('.blip2-Caution').hover();
    await expectMap(view, map, Math.max(...map));
    expect(await labels(view)).toEqual(ranked(weights));
    // Which tokens read this query.
    await query(view, 4).hover();
    await expectQuery(view, 4);
    const share = `${(100 * reading[2 * QUERIES + 4]).toFixed(1)}%`;
    expect(await tokens.nth(2).getAttribute('title')).toMatch(/of its attention is on Query 4$/);
    expect(Number.parseFloat((await tokens.nth(2).getAttribute('title'))!)).toBeCloseTo(
      Number.parseFloat(share),
      0,
    );
    await choose(view, 'Text layer', 'Layer 0');
    await choose(view, 'Text head', 'Head 1');
    const own = readingOf(attentions[0].tokens!, { layer: 0, head: 1 }).subarray(2 * QUERIES, 3 * QUERIES);
    const { map: other } = through(own, stack());
    await view.locator('.blip2-Caution').hover();
    await expectMap(view, other, Math.max(...other));
    await page.keyboard.press('Escape');
    expect((await state()).token).toBeNull();
  });

  it('steps through what was written, and plays it', async () => {
    const view = await mount(page, bundles[0]);
    const writing = readingOf(attentions[0].generated!, { layer: 'mean', head: 'mean' });
    const expectStep = async (step: number) => {
      const { map } = through(writing.subarray(step * QUERIES, (step + 1) * QUERIES), stack());
      await expectMap(view, map, Math.max(...map));
      expect((await state()).step).toBe(step);
    };
    const next = view.getByRole('button', { name: 'Next token' });
    await next.click();
    await expectStep(0);
    await next.click();
    await expectStep(1);
    await view.getByRole('button', { name: 'Previous token' }).click();
    await expectStep(0);
    await view.getByRole('button', { name: 'Play' }).click();
    await expect.poll(async () => (await state()).step, { timeout: 20_000 }).toBeGreaterThan(1);
    await view.getByRole('button', { name: 'Pause' }).click();
    const { step } = await state();
    await page.waitForTimeout(1200);
    expect((await state()).step).toBe(step);
    expect(await view.locator('.blip2-Prompt').textContent()).toBe('a photo of');
  });

  it('is worked with the keyboard alone', async () => {
    const view = await mount(page, bundles[0]);
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.className ?? ""',
      );
    await page.evaluate('document.activeElement.blur()');
    for (let i = 0; i < 30 && !(await focused()).includes('looks most'); i++)
      await page.keyboard.press('Tab');
    const of = stack();
    const peak = of.peaks[0];
    const readout = view.locator('.blip2-Readout');
    expect(await readout.textContent()).toContain(
      `Row ${Math.floor(peak / SIDE) + 1}, column ${(peak % SIDE) + 1}`,
    );
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const at = Math.floor(peak / SIDE) * SIDE + 1;
    expect((await state()).patch).toBe(at);
    const best = ranked(atPatch(of, at));
    expect(await labels(view)).toEqual(best);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Query 0');
    await page.keyboard.press('Home');
    expect(await focused()).toBe(`Query ${best[0]}`);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    expect(await state()).toMatchObject({ query: best[1], locked: true });
    await expect
      .poll(() => view.getByRole('status').textContent(), { timeout: 20_000 })
      .toContain(`Query ${best[1]}, layer 2`);
    await page.keyboard.press('Escape');
    // Sorted anew, and the focus is where it was.
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await focused()).toBe(`Query ${best[1]}`);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press(' ');
    expect(await state()).toMatchObject({ step: 1, token: null });
    await page.keyboard.press('Escape');
    expect((await state()).step).toBeNull();
  });

  it('goes through a set, one picture at a time, with the next one fetched ahead', async () => {
    const names = ['a.json', 'b.json', 'gone.json', 'bad.json', 'c.json'];
    const files = {
      'a.json': JSON.stringify(bundles[0]),
      'b.json': bundles[1],
      'bad.json': { ...bundles[1], heads: 5 },
      'c.json': bundles[2],
    };
    const set = {
      format: SET_FORMAT,
      title: EVIL,
      items: names.map((file) => ({ name: `picture ${file}`, file })),
    };
    const view = await mount(page, set, { files });
    const fetched = () => page.evaluate<string[]>('window.fetched');
    await view.locator('.blip2-Pane').waitFor();
    expect(await view.locator('.blip2-Title').textContent()).toBe(EVIL);
    await expectQuery(view, 0);
    await expect.poll(fetched, { timeout: 20_000 }).toEqual(['a.json', 'b.json']);
    const next = view.getByRole('button', { name: 'Next picture' });
    await next.click();
    await expectQuery(view, 0, stack({}, attentions[1]));
    await next.click();
    const error = view.getByRole('alert');
    expect(await error.textContent()).toBe('gone.json could not be fetched: not found');
    await next.click();
    await expect
      .poll(() => error.textContent())
      .toContain('This attention bundle cannot be shown: layers.0.heat');
    await next.click();
    await expect.poll(() => error.count(), { timeout: 20_000 }).toBe(0);
    await expectQuery(view, 0, stack({}, attentions[2]));
    expect(await next.getAttribute('aria-disabled')).toBe('true');
    await next.press('Enter');
    expect((await state()).item).toBe(4);
    await view.getByRole('button', { name: 'Previous picture' }).click();
    await view
      .getByRole('combobox', { name: 'Picture', exact: true })
      .selectOption({ label: 'picture b.json' });
    await expect.poll(async () => (await state()).item, { timeout: 20_000 }).toBe(1);
    await expectQuery(view, 0, stack({}, attentions[1]));
  });

  it('puts two pictures side by side, with one scale and one selection', async () => {
    const items = [0, 1, 2].map((index) => ({ name: `picture ${index}`, bundle: bundles[index] }));
    const view = await mount(page, { format: SET_FORMAT, items });
    await choose(view, 'Beside it', 'picture 2');
    const panes = view.locator('.blip2-Pane');
    expect(await panes.count()).toBe(2);
    const top = Math.max(...stack().tops, ...stack({}, attentions[2]).tops);
    const expectBoth = async (index: number) => {
      await expectMap(panes.nth(0), mapOf(stack(), index), top);
      await expectMap(panes.nth(1), mapOf(stack({}, attentions[2]), index), top);
    };
    await query(panes.nth(1), 6).hover();
    await expectBoth(6);
    await query(panes.nth(0), 3).click();
    await expectBoth(3);
    await panes
      .nth(0)
      .locator('.blip2-Picture')
      .hover(await patch(panes.nth(0), 9));
    for (const pane of [panes.nth(0), panes.nth(1)]) {
      expect(await pane.locator('.blip2-Readout').textContent()).toContain('Row 3, column 2: ');
    }
    await view.getByRole('combobox', { name: 'Beside it' }).selectOption({ label: 'Nothing' });
    expect(await panes.count()).toBe(1);
    const pair = await mount(page, { format: SET_FORMAT, items: items.slice(0, 2) });
    expect(await pair.locator('.blip2-Pane').count()).toBe(2);
  });

  it('shows a saved state again, and tells of every choice', async () => {
    const view = await mount(page, bundles[0]);
    await page.evaluate(
      'window.told = []; window.attention.onStateChange((state) => window.told.push(state))',
    );
    await query(view, 6).click();
    await view.locator('.blip2-Picture').click(await patch(view, 5));
    await choose(view, 'Colors', 'Cividis over gray');
    const saved = await state();
    expect(await page.evaluate('window.told.at(-1)')).toEqual(saved);
    expect(saved).toMatchObject({ query: 6, locked: true, patch: 5, paint: 'cividis' });
    const again = await mount(page, bundles[0], { state: saved });
    expect(await state()).toEqual(saved);
    await expectMap(again, mapOf(stack(), 6), Math.max(...stack().tops), 'cividis');
    await mount(page, bundles[0], { state: { query: '<b>', layer: {}, item: 99, sort: 'evil' } });
    expect(await state()).toEqual(fit(attentions[0], firstState()));
  });

  it('is saved as a picture, a drawing, numbers, and a page that opens offline', async () => {
    const other = await browser.newPage();
    const inline = pageHtml({ title: 'Attention', script, json: bundles[0] });
    const asked: string[] = [];
    other.on('request', (request) => asked.push(request.url()));
    await other.setContent(inline);
    const view = other.locator('.blip2-Attention');
    await query(view, 4).click();
    const save = async (name: string) => {
      await view.getByText('Save', { exact: true }).click();
      const download = other.waitForEvent('download');
      await view.getByRole('button', { name }).click();
      return readFileSync(await (await download).path());
    };
    const png = await save('Picture (PNG)');
    expect([png.readUInt32BE(16), png.subarray(1, 4).toString()]).toEqual([2 * (480 + 32), 'PNG']);
    const svg = (await save('Drawing (SVG)')).toString();
    expect(svg).toContain('>Query 4</text>');
    expect(svg.match(/<rect x=/g)!.length).toBeGreaterThan(SIDE * SIDE);
    const lines = (await save('Numbers (CSV)')).toString().trim().split('\n');
    expect(lines[0]).toBe('item,source,layer,head,query,row,column,value');
    expect(lines).toHaveLength(1 + QUERIES * (1 + SIDE * SIDE));
    const of = stack();
    expect(lines).toContain(`"",attention,2,mean,4,2,3,${mapOf(of, 4)[6]}`);
    expect(lines).toContain(`"",attention,2,mean,4,,,${of.cls[4]}`);
    const html = (await save('Page that opens offline')).toString();
    await other.setContent(html);
    await expectQuery(view, 4);
    expect(await view.locator('.blip2-Lock').isVisible()).toBe(true);
    await query(view, 4).click();
    await query(view, 1).hover();
    await expectQuery(view, 1);
    // A page from that page, in turn.
    expect((await save('Page that opens offline')).toString().length).toBeGreaterThan(0.9 * html.length);
    expect(asked.filter((url) => !/^(data|blob):/.test(url))).toEqual([]);
    await other.close();
  });

  it('shows text of bundles as text, and what is wrong with them as an error', async () => {
    const evil = { text: ['a', EVIL, '</script>'], layers: [] as unknown[] };
    const tokens = bundles[0].tokens as { layers: Json[] };
    evil.layers = tokens.layers.map(({ layer }) => ({
      layer,
      toQueries: Buffer.alloc(4 * 4 * 3 * QUERIES).toString('base64'),
    }));
    const json = { ...bundles[0], tokens: evil, gradientOf: EVIL };
    const view = await mount(page, json, {
      wishes: { caption: `${EVIL} a caption` },
      state: { source: 'gradients' },
    });
    expect(await view.locator('.blip2-Token').nth(1).textContent()).toBe(EVIL);
    expect(await view.locator('.blip2-Caption').textContent()).toBe(`${EVIL} a caption`);
    expect(await view.locator('.blip2-Note').textContent()).toContain(EVIL);
    await mount(page, '{"format":');
    expect(await page.getByRole('alert').textContent()).toBe(
      'This attention bundle cannot be shown: the whole: is not JSON.',
    );
    expect(await page.evaluate('window.evil')).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it.each([1280, 700, 360])('fits into %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    const items = [0, 1].map((index) => ({ name: `picture ${index}`, bundle: bundles[index] }));
    for (const json of [bundles[0], { format: SET_FORMAT, items }]) {
      const view = await mount(page, json);
      const boxes = await view.locator('.blip2-Picture').evaluateAll((all: Box[]) =>
        all.map((one) => {
          const { left, right } = one.getBoundingClientRect();
          return [left, right];
        }),
      );
      for (const [left, right] of boxes) expect(left >= 0 && right <= width).toBe(true);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      if (json === bundles[0]) {
        const tiles = await view.locator('.blip2-Multiples').boundingBox();
        expect(tiles!.x > boxes[0][1]).toBe(width > 600);
      }
    }
    await page.setViewportSize({ width: 1000, height: 900 });
  });

  it.each([
    ['light', { colorScheme: 'light', forcedColors: 'none' }],
    ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
    ['contrast', { colorScheme: 'dark', forcedColors: 'active' }],
  ] as const)('has no barriers that axe finds: %s', async (name, media) => {
    await page.emulateMedia(media);
    const large = [await sample(0, PAPER), await sample(1, PAPER)];
    const items = large.map((bundle, index) => ({ name: ['before', 'after'][index], bundle }));
    const looks: [string, unknown, object, number][] = [
      ['query', large[0], { query: 5, locked: true, patch: 100 }, 1000],
      ['token', large[0], { token: 2 }, 1000],
      ['step', large[0], { step: 3, paint: 'light' }, 400],
      [
        'compare',
        { format: SET_FORMAT, title: 'Two checkpoints', items },
        { query: 3, sort: 'entropy' },
        1280,
      ],
    ];
    for (const [look, json, state, width] of looks) {
      await page.setViewportSize({ width, height: 900 });
      const view = await mount(page, json, { state });
      if (look === 'token') await view.getByText('Save', { exact: true }).click();
      // What a theme changes is seen in two of them.
      if (name === 'light' || look === 'query' || look === 'token') await expectNoBarriers(look);
      await page.screenshot({ path: join(screenshots, `view-${look}-${name}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
    await page.setViewportSize({ width: 1000, height: 900 });
  });

  async function expectNoBarriers(look: string): Promise<void> {
    await page.evaluate(axe);
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      'axe.run("#view", { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
    );
    expect(
      violations.map(({ id, nodes }) => [id, nodes[0].html]),
      look,
    ).toEqual([]);
  }

  it('leaves nothing behind, however often it is drawn anew', async () => {
    const session = await page.context().newCDPSession(page);
    const measure = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const of = (name: string) => metrics.find((one) => one.name === name)!.value;
      return { heap: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') };
    };
    await session.send('Performance.enable');
    await mount(page, bundles[0]);
    const again = (times: number) =>
      page.evaluate(`(async () => {
        const json = window.kept ??= ${JSON.stringify(JSON.stringify(bundles[0]))};
        for (let i = 0; i < ${times}; i++) {
          window.attention.dispose();
          window.attention = blip2Explorer.mount(document.getElementById('view'), json, { state: { query: i % 8, step: 1 } });
          await new Promise((done) => setTimeout(done));
        }
      })()`);
    await again(20);
    const before = await measure();
    await again(200);
    const after = await measure();
    console.log(`200 times drawn anew: ${JSON.stringify({ before, after })}`);
    expect(after.nodes).toBeLessThan(1.1 * before.nodes + 50);
    expect(after.listeners).toBeLessThan(1.1 * before.listeners + 20);
    expect(after.heap).toBeLessThan(before.heap + 2);
  });
});

/** As far as these tests know it. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  };
}
interface Box {
  getBoundingClientRect(): { left: number; right: number };
}
