/** What axe-core finds on a page that people with disabilities cannot get past (WCAG 2.2 AA, and its best practices). */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** @param look what is on view, for the message */
export async function expectNoBarriers(page: Page, selector: string, look: string): Promise<void> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run(${JSON.stringify(selector)}, { runOnly: ${JSON.stringify(RULES)} })`,
  );
  expect(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 300))]),
    look,
  ).toEqual([]);
}
