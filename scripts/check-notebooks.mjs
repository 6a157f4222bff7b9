// Committed notebooks must read well on a code host: executed, every figure also as a PNG, and at most 1 MB each.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FIGURE_TYPES } from './figures.mjs';
import { paths } from './setup/paths.mjs';

const MAXIMUM_BYTES = 1e6;

function complaints(file) {
  const notebook = JSON.parse(readFileSync(file, 'utf8'));
  const cells = notebook.cells.filter((cell) => cell.cell_type === 'code' && cell.source.length > 0);
  const bundles = cells.flatMap((cell) => cell.outputs.map((output) => output.data ?? {}));
  const isBare = (bundle) => FIGURE_TYPES.some((type) => type in bundle) && !('image/png' in bundle);
  const size = statSync(file).size;
  return [
    size > MAXIMUM_BYTES && `${(size / 1e6).toFixed(1)} MB is more than ${MAXIMUM_BYTES / 1e6} MB`,
    cells.every((cell) => cell.outputs.length === 0) && 'has no outputs',
    bundles.some(isBare) && `${bundles.filter(isBare).length} figures have no image/png`,
    notebook.metadata.kernelspec?.name !== 'tslab' && 'its kernel is not tslab',
  ].filter(Boolean);
}

const names = readdirSync(paths.notebooks).filter((name) => name.endsWith('.ipynb'));
for (const name of names) {
  for (const complaint of complaints(join(paths.notebooks, name))) {
    console.error(`notebooks/${name}: ${complaint}`);
    process.exitCode = 1;
  }
}
if (process.exitCode) console.error('→ npm run notebooks:refresh makes them anew.');
else console.log(`${names.length} notebooks are fit to be read on a code host.`);
