// `npm start`: the main job. Shows what the shipped BLIP-2 can do, then runs the paper's studies on Shapes and writes the
// report.
//
//   npm start                     one seed of the studies that say most, shortened
//   npm start -- --full           one seed of every study, at the sizes of the committed results
//   npm start -- --from-scratch   trains the frozen towers again first, over the shipped ones in datasets/shapes/
//   npm start -- --quick          a few steps of every study, to see that everything runs (also BLIP2_QUICK=1)
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { report, SetupError } from '../packages/core/setup/errors.mjs';
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
const FROM_SCRATCH = `
== The frozen towers and the finished models, from scratch: about 50 minutes of training
They take the places of the shipped ones in datasets/shapes/, which git tracks, so that all that follows uses them.
Other towers give other numbers: the report will show the committed results as made with other towers.
To have the shipped ones back: git checkout datasets/shapes
Ctrl-C loses nothing: the same command goes on.`;
const REPORT = join(paths.root, 'report');
const fromRoot = (file) => relative(paths.root, file);

async function mainJob(values) {
  const size = values.quick ? 'smoke' : values.full ? 'full' : 'short';
  console.error('\n== A finished BLIP-2 looks at a picture');
  await demo();
  if (values['from-scratch']) {
    console.error(FROM_SCRATCH);
    const failed = await script('towers.mjs');
    if (failed) {
      console.log(`\n${UNFINISHED}`);
      return failed;
    }
  }
  console.error(
    '\n== The paper’s findings, one study after the other. Ctrl-C loses nothing: the same command goes on.\n',
  );
  const studies = size === 'short' ? FIRST_LOOK : [];
  const exitCode = await blip2(['reproduce', ...studies, '--size', size, '--jobs', '2', '--report', REPORT]);
  console.log(exitCode === 0 ? whatIsThere('Results') : `\n${UNFINISHED}\n${whatIsThere('So far')}`);
  return exitCode;
}

const UNFINISHED =
  'Not finished: it was stopped, or something failed (the message is above). The same command goes on from here.';

function whatIsThere(heading) {
  const page = join(REPORT, 'index.html');
  const report = existsSync(page) ? [['the report, for the browser', fromRoot(page)]] : [];
  const lines = [...report, ['runs, with their logs and checkpoints', `${fromRoot(paths.runs)}/`]];
  return [
    heading,
    ...lines.map(([what, where]) => `  ${what.padEnd(38)}  ${where}`),
    'Next: npm run lab opens JupyterLab on the notebooks, from notebooks/00-start-here.ipynb on.',
  ].join('\n');
}

/** Before set-up, so that a slip is not told a minute later. */
function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch ({ message }) {
    report(
      new SetupError(message, 'npm start takes -- --full, --quick, --from-scratch; README.md says more.'),
    );
    process.exit(2);
  }
}

const options = readOptions();
await main(() => mainJob(options));
