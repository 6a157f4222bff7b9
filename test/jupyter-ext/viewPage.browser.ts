// What the attention view leaves on a page, on disk and in memory. Screenshots go to .blip2/reports/screenshots/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageHtml } from '../../packages/jupyter-ext/src/attention';
import { mapOf } from '../../packages/jupyter-ext/src/attention/maps';
import { expectNoBarriers } from './barriers';
import { chromiumPath } from './chromium';
import { mount } from './plainPage';
import { PAPER, sample, SET_FORMAT } from './samples';
import { expectSnapshot } from './snapshot';
import { EVIL, QUERIES, screenshots, SIDE, viewTests, type Json } from './viewTests';

describe.skipIf(!chromiumPath)('on a plain page', () => {
  const { on, query, stack, expectQuery } = viewTests();

  it('is saved as a picture, a drawing, numbers, and a page that opens offline', async () => {
    const other = await on.browser.newPage();
    const inline = pageHtml({ title: 'Attention', script: on.script, json: on.bundles[0] });
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
    // A page from that on.page, in turn.
    expect((await save('Page that opens offline')).toString().length).toBeGreaterThan(0.9 * html.length);
    expect(asked.filter((url) => !/^(data|blob):/.test(url))).toEqual([]);
    await other.close();
  });

  it('shows text of bundles as text, and what is wrong with them as an error', async () => {
    const evil = { text: ['a', EVIL, '</script>'], layers: [] as unknown[] };
    const tokens = on.bundles[0].tokens as { layers: Json[] };
    evil.layers = tokens.layers.map(({ layer }) => ({
      layer,
      toQueries: Buffer.alloc(4 * 4 * 3 * QUERIES).toString('base64'),
    }));
    const json = { ...on.bundles[0], tokens: evil, gradientOf: EVIL };
    const view = await mount(on.page, json, {
      wishes: { caption: `${EVIL} a caption` },
      state: { source: 'gradients' },
    });
    expect(await view.locator('.blip2-Token').nth(1).textContent()).toBe(EVIL);
    expect(await view.locator('.blip2-Caption').textContent()).toBe(`${EVIL} a caption`);
    expect(await view.locator('.blip2-Note').textContent()).toContain(EVIL);
    await mount(on.page, '{"format":');
    expect(await on.page.getByRole('alert').textContent()).toBe(
      'This attention bundle cannot be shown: the whole: is not JSON.',
    );
    expect(await on.page.evaluate('window.evil')).toBeUndefined();
    expect(on.errors).toEqual([]);
  });

  it.each([1280, 700, 360])('fits into %i pixels', async (width) => {
    await on.page.setViewportSize({ width, height: 900 });
    const items = [0, 1].map((index) => ({ name: `picture ${index}`, bundle: on.bundles[index] }));
    for (const json of [on.bundles[0], { format: SET_FORMAT, items }]) {
      const view = await mount(on.page, json);
      const boxes = await view.locator('.blip2-Picture').evaluateAll((all: Box[]) =>
        all.map((one) => {
          const { left, right } = one.getBoundingClientRect();
          return [left, right];
        }),
      );
      for (const [left, right] of boxes) expect(left >= 0 && right <= width).toBe(true);
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      if (json === on.bundles[0]) {
        const tiles = await view.locator('.blip2-Multiples').boundingBox();
        expect(tiles!.x > boxes[0][1]).toBe(width > 600);
      }
    }
    await on.page.setViewportSize({ width: 1000, height: 900 });
  });

  it.each([
    ['light', { colorScheme: 'light', forcedColors: 'none' }],
    ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
    ['contrast', { colorScheme: 'dark', forcedColors: 'active' }],
  ] as const)('has no barriers that axe finds: %s', async (name, media) => {
    await on.page.emulateMedia(media);
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
      await on.page.setViewportSize({ width, height: 900 });
      const view = await mount(on.page, json, { state });
      if (look === 'token') await view.getByText('Save', { exact: true }).click();
      // What a theme changes is seen in two of them.
      if (name === 'light' || look === 'query' || look === 'token') {
        await expectNoBarriers(on.page, '#view', look);
      }
      await on.page.screenshot({ path: join(screenshots, `view-${look}-${name}.png`), fullPage: true });
    }
    await on.page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
    await on.page.setViewportSize({ width: 1000, height: 900 });
  });

  // The heat alone is compared with numbers elsewhere; here it is what a reader sees: over the picture, scaled, with marks.
  it.each(['viridis', 'cividis', 'light'] as const)('looks as it did: %s', async (paint) => {
    const view = await mount(on.page, on.bundles[0], { state: { query: 3, locked: true, patch: 6, paint } });
    await view.locator('.blip2-Caution').hover();
    await expectSnapshot(`picture-${paint}`, await view.locator('.blip2-Picture').screenshot());
    await expectSnapshot(`query-${paint}`, await view.locator('.blip2-Thumbnail').nth(5).screenshot());
  });

  it('leaves nothing behind, however often it is drawn anew', async () => {
    const session = await on.page.context().newCDPSession(on.page);
    const measure = async () => {
      // What canvases and observers hold goes a frame, and a round, later.
      await on.page.waitForTimeout(500);
      for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const of = (name: string) => metrics.find((one) => one.name === name)!.value;
      return { heap: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') };
    };
    await session.send('Performance.enable');
    await mount(on.page, on.bundles[0]);
    const again = (times: number) =>
      on.page.evaluate(`(async () => {
        const json = window.kept ??= ${JSON.stringify(JSON.stringify(on.bundles[0]))};
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
interface Box {
  getBoundingClientRect(): { left: number; right: number };
}
