// `npm start`: the main job. Pre-trains a Q-Former on rendered images (stage 1) and executes the notebook that shows
// what it learned. `npm start -- --quick`, or BLIP2_QUICK=1, makes it short: fewer steps, to see that everything runs.
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { main } from './main.mjs';
import { writePage } from './notebook-page.mjs';
import { blip2, executeNotebook } from './programs.mjs';
import { paths } from './setup/paths.mjs';

const NOTEBOOK = '02-stage1';
const results = join(paths.runs, 'notebooks');
const fromRoot = (file) => relative(paths.root, file);

async function mainJob() {
  // The command and the notebook both read it.
  if (process.argv.includes('--quick')) process.env.BLIP2_QUICK = '1';
  const executed = join(results, `${NOTEBOOK}.ipynb`);
  mkdirSync(results, { recursive: true });

  const stages = [
    ['Stage 1', () => blip2(['reproduce', 'stage1', '--size', process.env.BLIP2_QUICK ? 'smoke' : 'full'])],
    ['Notebook', () => executeNotebook(join(paths.notebooks, `${NOTEBOOK}.ipynb`), results)],
    ['Page', () => writePage(executed)],
  ];
  for (const [name, run] of stages) {
    const start = performance.now();
    console.error(`\n== ${name}`);
    const exitCode = await run();
    if (exitCode !== 0) {
      console.error(`${name} failed (exit ${exitCode}).`);
      return exitCode;
    }
    console.error(`== ${name}: done in ${Math.round((performance.now() - start) / 1000)} s`);
  }
  console.log(`
Results
  runs, with their logs and checkpoints   ${fromRoot(paths.runs)}/
  the notebook, executed                  ${fromRoot(executed)}
  the same as a page for the browser      ${fromRoot(executed).replace('.ipynb', '.html')}
Next: npm run lab opens JupyterLab on the notebooks.`);
}

await main(mainJob);
