/** What the tests of the view have in common: a page, bundles, and ways to work the view and to read it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  firstState,
  readAttention,
  type Attention,
  type ViewState,
} from '../../packages/jupyter-ext/src/attention';
import { heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { mapOf, stackOf } from '../../packages/jupyter-ext/src/attention/maps';
import { fit } from '../../packages/jupyter-ext/src/attention/state';
import { explorerScript, launch, openPage } from './plainPage';
import { sample } from './samples';

export const screenshots = fileURLToPath(new URL('../../.blip2/reports/screenshots', import.meta.url));
export const EVIL = '<img src=x onerror="window.evil = true">';
/** Of the bundles. */
export const [QUERIES, SIDE] = [8, 4];

export type Json = Record<string, unknown>;

/** There before the first test. */
interface There {
  browser: Browser;
  page: Page;
  script: string;
  bundles: Json[];
  attentions: Attention[];
  errors: string[];
}

/** For all tests of a file. */
export function viewTests() {
  const on = { bundles: [], attentions: [], errors: [] } as unknown as There;

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    on.script = explorerScript();
    for (const index of [0, 1, 2]) {
      on.bundles.push(await sample(index, { isFull: true, isQuantised: index > 0, scale: 2 }));
      on.attentions.push(readAttention(on.bundles[index]));
    }
    on.browser = await launch();
    on.page = await openPage(on.browser, on.script);
    on.page.on('pageerror', (error) => on.errors.push(error.message));
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await on.page.screenshot({ path: join(screenshots, 'view-failed.png') });
    await on.page.mouse.move(0, 0);
  });

  afterAll(() => on.browser?.close());

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
  const state = () => on.page.evaluate<ViewState>('window.attention.state');
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
      .locator('.blip2-Heat')
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
  const stack = (change: Partial<ViewState> = {}, of = on.attentions[0]) =>
    stackOf(of, fit(of, { ...firstState(), ...change }));
  const expectQuery = (view: Locator, index: number, of = stack()) =>
    expectMap(view, mapOf(of, index), Math.max(...of.tops));

  return { on, query, choose, patch, state, labels, expectMap, stack, expectQuery };
}

/** As far as these tests know it. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  };
}
