// The attention view in Chromium, without JupyterLab: `npm run test:browser`.
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { firstState } from '../../packages/jupyter-ext/src/attention';
import { atPatch, mapOf, readingOf, through } from '../../packages/jupyter-ext/src/attention/maps';
import { ranked } from '../../packages/jupyter-ext/src/attention/ranking';
import { fit, sourcesOf } from '../../packages/jupyter-ext/src/attention/state';
import { chromiumPath } from './chromium';
import { mount } from './plainPage';
import { SET_FORMAT } from './samples';
import { EVIL, QUERIES, SIDE, viewTests } from './viewTests';

describe.skipIf(!chromiumPath)('on a plain page', () => {
  const { on, query, choose, patch, state, labels, expectMap, stack, expectQuery } = viewTests();

  it('shows the numbers of every source, layer and head that is chosen', async () => {
    const view = await mount(on.page, on.bundles[1]);
    const names = { attention: 'Attention', gradients: 'Gradient-weighted', rollout: 'Rollout' };
    await query(view, 3).click();
    for (const source of sourcesOf(on.attentions[1])) {
      await choose(view, 'Source', names[source]);
      if (source === 'rollout') {
        expect(await view.getByRole('combobox', { name: 'Layer', exact: true }).isDisabled()).toBe(true);
        await expectQuery(view, 3, stack({ source }, on.attentions[1]));
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
          await expectQuery(view, 3, stack({ source, layer, head }, on.attentions[1]));
        }
      }
    }
    await choose(view, 'Source', 'Attention');
    await choose(view, 'Scale', 'Each its own');
    const own = stack({ layer: 'max', head: 'max' }, on.attentions[1]);
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
    const view = await mount(on.page, on.bundles[0]);
    await query(view, 5).hover();
    await expectQuery(view, 5);
    await view.locator('.blip2-Caution').hover();
    await expectQuery(view, 0);
    await query(view, 5).click();
    expect(await view.locator('.blip2-Lock').isVisible()).toBe(true);
    await query(view, 2).hover();
    await expectQuery(view, 5);
    expect(await state()).toMatchObject({ query: 5, locked: true });
    await on.page.keyboard.press('Escape');
    await expectQuery(view, 2);
    expect(await state()).toMatchObject({ query: 5, locked: false });
    await query(view, 5).click();
    await query(view, 5).click();
    expect(await state()).toMatchObject({ query: 5, locked: false });
  });

  it('a patch that is pointed at marks the queries that look there; a click keeps it and sorts them', async () => {
    const view = await mount(on.page, on.bundles[0]);
    const values = atPatch(stack(), 6);
    const best = ranked(values);
    await view.locator('.blip2-Picture').hover(await patch(view, 6));
    expect(await view.locator('.blip2-Readout').textContent()).toBe(
      `Row 2, column 3: ${(100 * values[0]).toFixed(values[0] < 0.0995 ? 2 : 1)}% of query 0’s attention`,
    );
    for (const place of [1, 2, 5])
      await expect
        .poll(() => query(view, best[place - 1]).getAttribute('aria-description'), { timeout: 20_000 })
        .toMatch(new RegExp(`%, place ${place}$`));
    const isBadged = (index: number) => badged(query(view, index));
    expect(await Promise.all(best.map(isBadged))).toEqual(best.map((_, place) => place < 5));
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await view.locator('.blip2-Picture').click(await patch(view, 6));
    expect(await labels(view)).toEqual(best);
    await view.locator('.blip2-Caution').hover();
    expect(await view.locator('.blip2-Heading').textContent()).toBe('Looking at row 2, column 3');
    // Linked the other way round: what another query gives to the patch that is kept.
    await query(view, best[0]).hover();
    expect(await view.locator('.blip2-Readout').textContent()).toContain(`of query ${best[0]}’s attention`);
    await on.page.keyboard.press('Escape');
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('sorts by entropy and by peak', async () => {
    const view = await mount(on.page, on.bundles[0]);
    const { entropies, tops } = stack();
    await choose(view, 'Order', 'Most focused first');
    expect(await labels(view)).toEqual(ranked(entropies.map((value) => -value)));
    await choose(view, 'Order', 'Highest peak first');
    expect(await labels(view)).toEqual(ranked(tops));
  });

  it('leads from a token of the text to queries and patches', async () => {
    const view = await mount(on.page, on.bundles[0]);
    const reading = readingOf(on.attentions[0].tokens!, { layer: 'mean', head: 'mean' });
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
    await expect
      .poll(() => tokens.nth(2).getAttribute('title'), { timeout: 20_000 })
      .toMatch(/of its attention is on Query 4$/);
    expect(Number.parseFloat((await tokens.nth(2).getAttribute('title'))!)).toBeCloseTo(
      Number.parseFloat(share),
      0,
    );
    await choose(view, 'Text layer', 'Layer 0');
    await choose(view, 'Text head', 'Head 1');
    const own = readingOf(on.attentions[0].tokens!, { layer: 0, head: 1 }).subarray(2 * QUERIES, 3 * QUERIES);
    const { map: other } = through(own, stack());
    await view.locator('.blip2-Caution').hover();
    await expectMap(view, other, Math.max(...other));
    await on.page.keyboard.press('Escape');
    expect((await state()).token).toBeNull();
  });

  it('steps through what was written, and plays it', async () => {
    const view = await mount(on.page, on.bundles[0]);
    const writing = readingOf(on.attentions[0].generated!, { layer: 'mean', head: 'mean' });
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
    await on.page.waitForTimeout(1200);
    expect((await state()).step).toBe(step);
    expect(await view.locator('.blip2-Prompt').textContent()).toBe('a photo of');
  });

  it('is worked with the keyboard alone', async () => {
    const view = await mount(on.page, on.bundles[0]);
    const focused = () =>
      on.page.evaluate<string>(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.className ?? ""',
      );
    await on.page.evaluate('document.activeElement.blur()');
    for (let i = 0; i < 30 && !(await focused()).includes('looks most'); i++)
      await on.page.keyboard.press('Tab');
    const of = stack();
    const peak = of.peaks[0];
    const readout = view.locator('.blip2-Readout');
    expect(await readout.textContent()).toContain(
      `Row ${Math.floor(peak / SIDE) + 1}, column ${(peak % SIDE) + 1}`,
    );
    await on.page.keyboard.press('Home');
    await on.page.keyboard.press('ArrowRight');
    await on.page.keyboard.press('Enter');
    const at = Math.floor(peak / SIDE) * SIDE + 1;
    expect((await state()).patch).toBe(at);
    const best = ranked(atPatch(of, at));
    expect(await labels(view)).toEqual(best);
    await on.page.keyboard.press('Tab');
    expect(await focused()).toBe('Query 0');
    await on.page.keyboard.press('Home');
    expect(await focused()).toBe(`Query ${best[0]}`);
    await on.page.keyboard.press('ArrowRight');
    await on.page.keyboard.press('Enter');
    expect(await state()).toMatchObject({ query: best[1], locked: true });
    await expect
      .poll(() => view.getByRole('status').textContent(), { timeout: 20_000 })
      .toContain(`Query ${best[1]}, layer 2`);
    await on.page.keyboard.press('Escape');
    // Sorted anew, and the focus is where it was.
    expect(await labels(view)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await focused()).toBe(`Query ${best[1]}`);
    await on.page.keyboard.press('Shift+Tab');
    await on.page.keyboard.press('Shift+Tab');
    await on.page.keyboard.press('ArrowRight');
    await on.page.keyboard.press(' ');
    expect(await state()).toMatchObject({ step: 1, token: null });
    await on.page.keyboard.press('Escape');
    expect((await state()).step).toBeNull();
  });

  it('goes through a set, one picture at a time, with the next one fetched ahead', async () => {
    const names = ['a.json', 'b.json', 'gone.json', 'bad.json', 'c.json'];
    const files = {
      'a.json': JSON.stringify(on.bundles[0]),
      'b.json': on.bundles[1],
      'bad.json': { ...on.bundles[1], heads: 5 },
      'c.json': on.bundles[2],
    };
    const set = {
      format: SET_FORMAT,
      title: EVIL,
      items: names.map((file) => ({ name: `picture ${file}`, file })),
    };
    const view = await mount(on.page, set, { files });
    const fetched = () => on.page.evaluate<string[]>('window.fetched');
    await view.locator('.blip2-Pane').waitFor();
    expect(await view.locator('.blip2-Title').textContent()).toBe(EVIL);
    await expectQuery(view, 0);
    await expect.poll(fetched, { timeout: 20_000 }).toEqual(['a.json', 'b.json']);
    const next = view.getByRole('button', { name: 'Next picture' });
    await next.click();
    await expectQuery(view, 0, stack({}, on.attentions[1]));
    await next.click();
    const error = view.getByRole('alert');
    expect(await error.textContent()).toBe('gone.json could not be fetched: not found');
    await next.click();
    await expect
      .poll(() => error.textContent())
      .toContain('This attention bundle cannot be shown: layers.0.heat');
    await next.click();
    await expect.poll(() => error.count(), { timeout: 20_000 }).toBe(0);
    await expectQuery(view, 0, stack({}, on.attentions[2]));
    expect(await next.getAttribute('aria-disabled')).toBe('true');
    await next.press('Enter');
    expect((await state()).item).toBe(4);
    await view.getByRole('button', { name: 'Previous picture' }).click();
    await view
      .getByRole('combobox', { name: 'Picture', exact: true })
      .selectOption({ label: 'picture b.json' });
    await expect.poll(async () => (await state()).item, { timeout: 20_000 }).toBe(1);
    await expectQuery(view, 0, stack({}, on.attentions[1]));
  });

  it('puts two pictures side by side, with one scale and one selection', async () => {
    const items = [0, 1, 2].map((index) => ({ name: `picture ${index}`, bundle: on.bundles[index] }));
    const view = await mount(on.page, { format: SET_FORMAT, items });
    await choose(view, 'Beside it', 'picture 2');
    const panes = view.locator('.blip2-Pane');
    expect(await panes.count()).toBe(2);
    const top = Math.max(...stack().tops, ...stack({}, on.attentions[2]).tops);
    const expectBoth = async (index: number) => {
      await expectMap(panes.nth(0), mapOf(stack(), index), top);
      await expectMap(panes.nth(1), mapOf(stack({}, on.attentions[2]), index), top);
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
    const pair = await mount(on.page, { format: SET_FORMAT, items: items.slice(0, 2) });
    expect(await pair.locator('.blip2-Pane').count()).toBe(2);
  });

  it('shows a saved state again, and tells of every choice', async () => {
    const view = await mount(on.page, on.bundles[0]);
    await on.page.evaluate(
      'window.told = []; window.attention.onStateChange((state) => window.told.push(state))',
    );
    await query(view, 6).click();
    await view.locator('.blip2-Picture').click(await patch(view, 5));
    await choose(view, 'Colors', 'Cividis over gray');
    const saved = await state();
    expect(await on.page.evaluate('window.told.at(-1)')).toEqual(saved);
    expect(saved).toMatchObject({ query: 6, locked: true, patch: 5, paint: 'cividis' });
    const again = await mount(on.page, on.bundles[0], { state: saved });
    expect(await state()).toEqual(saved);
    await expectMap(again, mapOf(stack(), 6), Math.max(...stack().tops), 'cividis');
    await mount(on.page, on.bundles[0], { state: { query: '<b>', layer: {}, item: 99, sort: 'evil' } });
    expect(await state()).toEqual(fit(on.attentions[0], firstState()));
  });
});

/** Whether a tile's picture bears a place: black from its corner on, which no heat is. */
async function badged(tile: Locator): Promise<boolean> {
  const png = await tile.locator('.blip2-Thumbnail').screenshot();
  const corner = { left: 1, top: 1, width: 2, height: 2 };
  const pixels = await sharp(png).extract(corner).removeAlpha().raw().toBuffer();
  return pixels.every((value) => value < 8);
}
