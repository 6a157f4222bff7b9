/** What the tests do on JupyterLab's page, and what they expect to see there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const screenshots = fileURLToPath(new URL('../../.blip2/reports/screenshots', import.meta.url));

/** As far as these tests know it. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  };
}

/** What comes to be true on a busy machine, too. */
export const soon = <T>(read: () => T) => expect.poll(read, { timeout: 60_000 });

/** Into .blip2/reports/screenshots/. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** A cell of the notebook in front. */
export async function cell(page: Page, index: number): Promise<Locator> {
  const found = page.locator('.jp-NotebookPanel:visible .jp-Notebook .jp-Cell').nth(index);
  await found.scrollIntoViewIfNeeded();
  return found;
}

/** The attention view of a cell. */
export async function viewIn(place: Locator): Promise<Locator> {
  const view = place.locator('.blip2-Attention');
  await view.waitFor();
  return view;
}

export const query = (view: Locator, index: number): Locator =>
  view.getByRole('option', { name: `Query ${index}`, exact: true });

export const choose = (view: Locator, name: string, label: string): Promise<string[]> =>
  view.getByRole('combobox', { name, exact: true }).selectOption({ label });

/** What is on the screen over a query's picture: [4 P]. Colours come back changed by a rounding. */
export async function expectPixels(view: Locator, expected: Uint8ClampedArray): Promise<void> {
  const found = await view.locator('.blip2-Heat').evaluate((canvas: Canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data);
  });
  expect(found).toHaveLength(expected.length);
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
}
