// The programs that the npm scripts call, each with the environment that it needs.
import { join } from 'node:path';
import { jupyterEnvironment } from './setup/jupyter-environment.mjs';
import { paths, pythonProgram } from './setup/paths.mjs';
import { runInForeground } from '../packages/core/setup/shell.mjs';

/** The `blip2` command, as `npx blip2` runs it. Resolves to its exit code. */
export const blip2 = (args) =>
  runInForeground(process.execPath, [join(paths.core, 'bin', 'blip2.cjs'), ...args]);

/** Another script of this folder. Resolves to its exit code. */
export const script = (name, ...args) =>
  runInForeground(process.execPath, [join(paths.scripts, name), ...args]);

/** `jupyter` of the project's Python environment. Resolves to its exit code. */
export const jupyter = (args) =>
  runInForeground(pythonProgram('python'), ['-m', 'jupyter', ...args], { env: jupyterEnvironment });

/** Executes a notebook into `folder`, from top to bottom, whatever it takes. Resolves to the exit code. */
export const executeNotebook = (notebook, folder) =>
  jupyter([
    ...['nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=-1'],
    ...['--ExecutePreprocessor.kernel_name=tslab', '--output-dir', folder, notebook],
  ]);
