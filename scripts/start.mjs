// `npm start`: the main job. Shows what the shipped BLIP-2 can do, then runs the paper's studies on Shapes and writes the
// report.
//
//   npm start                     one seed of the studies that say most, shortened
//   npm start -- --full           one seed of every study, at the sizes of the committed results
//   npm start -- --from-scratch   trains the frozen towers again first (in datasets/shapes/)
//   npm start -- --quick          a few steps of every study, to see that everything runs (also BLIP2_QUICK=1)
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { main } from './main.mjs';
import { demo } from './demo.mjs';
import { blip2, script } from './programs.mjs';
import { paths } from './setup/paths.mjs';

const OPTIONS = {
  full: { type: 'boolean' },
  quick: { type: 'boolean', default: Boolean(process.env.BLIP2_QUICK) },
  'from-scratch': { type: 'boolean' },
};
/** What a first look has time for. */
const FIRST_LOOK = ['figure5', 'attention', 'table6', 'capfilt', 'stage1', 'stage2'];
const fromRoot = (file) => relative(paths.root, file);

async function mainJob() {
  const { values } = parseArgs({ options: OPTIONS });
  const size = values.quick ? 'smoke' : values.full ? 'full' : 'short';
  console.error('\n== A finished BLIP-2 looks at a picture');
  await demo();
  if (values['from-scratch']) {
    console.error('\n== The frozen towers, from scratch');
    const failed = await script('towers.mjs');
    if (failed) return failed;
  }
  console.error(
    '\n== The paper’s findings, one study after the other. Ctrl-C loses nothing: npm start goes on.\n',
  );
  const report = join(paths.root, 'report');
  const studies = size === 'short' ? FIRST_LOOK : [];
  const exitCode = await blip2(['reproduce', ...studies, '--size', size, '--jobs', '2', '--report', report]);
  console.log(`
Results
  the report, for the browser             ${fromRoot(join(report, 'index.html'))}
  runs, with their logs and checkpoints   ${fromRoot(paths.runs)}/
Next: npm run lab opens JupyterLab on the notebooks, from notebooks/00-start-here.ipynb on.`);
  return exitCode;
}

await main(mainJob);
