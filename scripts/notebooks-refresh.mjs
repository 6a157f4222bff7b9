// `npm run notebooks:refresh [name…]`: executes the notebooks from top to bottom and writes them back with their
// outputs, every figure also as a PNG, so that they read well where no script runs.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawFigure, FIGURE_TYPES, findChromium } from './figures.mjs';
import { main } from './main.mjs';
import { executeNotebook } from './programs.mjs';
import { fail } from './setup/errors.mjs';
import { paths } from './setup/paths.mjs';

const executed = join(paths.runs, 'notebooks', 'refreshed');

async function refresh(name, chromium) {
  const exitCode = await executeNotebook(join(paths.notebooks, name), executed);
  if (exitCode !== 0) fail(`${name} failed (exit ${exitCode}).`, 'Open it with npm run lab to see where.');
  const notebook = JSON.parse(readFileSync(join(executed, name), 'utf8'));
  const outputs = notebook.cells.flatMap((cell) => cell.outputs ?? []);
  for (const { data } of outputs) {
    const type = FIGURE_TYPES.find((figureType) => data && figureType in data);
    if (type && !data['image/png']) data['image/png'] = await drawFigure(chromium, data[type]);
  }
  // Written beside and renamed: an interrupted refresh leaves the old notebook whole.
  const target = join(paths.notebooks, name);
  writeFileSync(`${target}.new`, `${JSON.stringify(notebook, null, 1)}\n`);
  renameSync(`${target}.new`, target);
  console.log(`notebooks/${name}: refreshed`);
}

await main(async () => {
  const chromium = findChromium();
  mkdirSync(executed, { recursive: true });
  const wanted = process.argv.slice(2);
  const names = readdirSync(paths.notebooks).filter((name) => name.endsWith('.ipynb'));
  const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  for (const name of chosen) await refresh(name, chromium);
});
