/** The attention view on a page without JupyterLab, in a Chromium that sees no network. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { chromiumPath } from './chromium';

const build = fileURLToPath(new URL('../../packages/jupyter-ext/standalone/build.mjs', import.meta.url));

/** Milliseconds until what is waited for is given up: a machine can be busy. */
const PATIENCE = 120_000;

/** The stand-alone script, built anew. */
export function explorerScript(): string {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-explorer-'));
  const file = join(folder, 'explorer.js');
  execFileSync(process.execPath, [build, file]);
  const script = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  return script;
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--js-flags=--expose-gc'] });

/** What the page's own code is called here: strings, as it runs elsewhere. */
export interface MountOptions {
  state?: object;
  wishes?: object;
  /** Files that the view may fetch. */
  files?: Record<string, unknown>;
}

/** A page with the script, where views are mounted. */
export async function openPage(
  browser: Browser,
  script: string,
  {
    width = 1000,
    height = 900,
    ...options
  }: Parameters<Browser['newPage']>[0] & { width?: number; height?: number } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, ...options });
  page.setDefaultTimeout(PATIENCE);
  await page.route(
    () => true,
    (route) =>
      route.request().url() === 'http://page.test/'
        ? route.fulfill({ contentType: 'text/html', body: frame(script) })
        : route.abort(),
  );
  await page.goto('http://page.test/');
  return page;
}

const frame = (
  script: string,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Attention</title>
<style>:root { color-scheme: light dark; background: Canvas } body { margin: 16px }</style><script>${script}</script></head>
<body><main id="view"></main></body></html>`;

/** Puts a view in the place of what was there; it is `window.attention`, and counts what it fetched in `window.fetched`. */
export async function mount(page: Page, json: unknown, options: MountOptions = {}): Promise<Locator> {
  await page.evaluate(
    `(() => {
      const { json, options } = ${JSON.stringify({ json, options })};
      window.attention?.dispose();
      window.fetched = [];
      const fetchItem = async (file) => {
        window.fetched.push(file);
        if (!(file in options.files)) throw new Error('not found');
        return options.files[file];
      };
      window.attention = blip2Explorer.mount(document.getElementById('view'), json, {
        ...options,
        ...(options.files && { fetchItem }),
      });
    })()`,
  );
  return page.locator('.blip2-Attention');
}
