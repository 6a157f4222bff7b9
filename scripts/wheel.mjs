// `npm run wheel -w packages/jupyter-ext`: the built extension as a Python wheel, in packages/jupyter-ext/dist/. Any
// JupyterLab 4 takes it: `pip install blip2_jupyter_ext-*.whl`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { report, SetupError } from '../packages/core/setup/errors.mjs';
import { runInForeground } from '../packages/core/setup/shell.mjs';
import { paths, pythonProgram } from './setup/paths.mjs';

const folder = join(paths.labExtension, '..');

try {
  if (!existsSync(join(paths.labExtension, 'package.json'))) {
    throw new SetupError(`${paths.labExtension} is not built yet`, 'npm run build -w packages/jupyter-ext');
  }
  process.exitCode = await runInForeground(pythonProgram('python'), [
    ...['-m', 'pip', 'wheel', '--no-deps', '--disable-pip-version-check'],
    ...['--wheel-dir', join(folder, 'dist'), folder],
  ]);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
