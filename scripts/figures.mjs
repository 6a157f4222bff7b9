// Plotly figures as PNG: drawn by a headless Chromium, one page per figure, without the network.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail } from './setup/errors.mjs';
import { paths } from './setup/paths.mjs';
import { output, run } from './setup/shell.mjs';

/** MIME types that are drawn by a script, and so need a picture beside them. */
export const FIGURE_TYPES = ['application/vnd.plotly.v1+json'];

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const SIZE = { width: 800, height: 450 };

/** The browser's program: CHROMIUM names one. Throws with a hint when there is none. */
export function findChromium() {
  const candidates = process.env.CHROMIUM ? [process.env.CHROMIUM] : BROWSERS;
  const found = candidates.find((program) => output(program, ['--version']) !== undefined);
  return (
    found ?? fail('No Chromium was found.', 'sudo apt-get install chromium, or set CHROMIUM to its program.')
  );
}

/** Draws a plotly figure ({ data, layout }) and resolves to the PNG in base64. */
export async function drawFigure(chromium, { data, layout = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-figure-'));
  const { width, height } = { ...SIZE, ...layout };
  const page = join(folder, 'figure.html');
  const picture = join(folder, 'figure.png');
  const plotly = pathToFileURL(join(paths.nodeModules, 'plotly.js-dist', 'plotly.js'));
  const figure = JSON.stringify({ data, layout: { ...layout, width, height } }).replaceAll('</', '<\\/');
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><body style="margin:0"><div id="figure"></div>
<script src="${plotly}"></script>
<script>const { data, layout } = ${figure}; Plotly.newPlot('figure', data, layout, { staticPlot: true });</script>`,
  );
  try {
    await run(chromium, [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        `--window-size=${width},${height}`,
      ],
      ...[`--user-data-dir=${join(folder, 'profile')}`, '--virtual-time-budget=10000'],
      ...[`--screenshot=${picture}`, pathToFileURL(page).href],
    ]);
    return readFileSync(picture).toString('base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
