// `npm run notebooks:refresh [name…]`: executes the notebooks from top to bottom and writes them back with their
// outputs. Every figure comes with its PNG from the kernel itself, so that they read well where no script runs.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './main.mjs';
import { executeNotebook } from './programs.mjs';
import { fail } from '../packages/core/setup/errors.mjs';
import { paths } from './setup/paths.mjs';

const executed = join(paths.runs, 'notebooks', 'refreshed');

async function refresh(name) {
  const exitCode = await executeNotebook(join(paths.notebooks, name), executed);
  if (exitCode !== 0) fail(`${name} failed (exit ${exitCode}).`, 'Open it with npm run lab to see where.');
  const notebook = JSON.parse(readFileSync(join(executed, name), 'utf8'));
  const cells = notebook.cells.filter((cell) => cell.cell_type === 'code');
  for (const [index, cell] of cells.entries()) {
    // tslab does not tell the number. When a cell ran is of no interest, and would be a change each time.
    cell.execution_count = index + 1;
    delete cell.metadata.execution;
  }
  // Written beside and renamed: an interrupted refresh leaves the old notebook whole.
  const target = join(paths.notebooks, name);
  writeFileSync(`${target}.new`, `${JSON.stringify(notebook, null, 1)}\n`);
  renameSync(`${target}.new`, target);
  console.log(`notebooks/${name}: refreshed`);
}

await main(async () => {
  mkdirSync(executed, { recursive: true });
  const wanted = process.argv.slice(2);
  const names = readdirSync(paths.notebooks).filter((name) => name.endsWith('.ipynb'));
  const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  for (const name of chosen) await refresh(name);
});
