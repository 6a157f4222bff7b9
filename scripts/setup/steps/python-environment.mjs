// A Python environment of the project's own, with JupyterLab and nbconvert at the versions of requirements.txt.
// ipykernel is left out: notebooks here are TypeScript, and it would bring 70 MB.
import { existsSync, rmSync } from 'node:fs';
import {
  hashOf,
  hashOfFiles,
  hasStamp,
  removeStamp,
  writeStamp,
} from '../../../packages/core/setup/stamps.mjs';
import { paths, pythonProgram } from '../paths.mjs';
import { findPython } from '../../../packages/core/setup/requirements.mjs';
import { run } from '../../../packages/core/setup/shell.mjs';

// An environment holds its own absolute path.
const hash = () => hashOf(paths.python, hashOfFiles([paths.requirements]));

export const pythonEnvironment = {
  name: 'Python environment with JupyterLab',
  isDone: () => hasStamp('python', hash()) && existsSync(pythonProgram('python')),
  async run({ detail }) {
    removeStamp('python');
    rmSync(paths.python, { recursive: true, force: true });
    await run(findPython(), ['-m', 'venv', paths.python]);
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-cache-dir', '--no-compile'];
    // --no-deps: requirements.txt is complete.
    await run(
      pythonProgram('python'),
      [...pip, '--no-deps', '--only-binary', ':all:', '-r', paths.requirements],
      {
        onLine: (line) => /^Collecting (\S+)/.test(line) && detail(line.trim().split(/[ =]/)[1]),
        hint: 'Is PyPI within reach (python3 -m pip download six)? Then run the same command again.',
      },
    );
    // What hangs in the environment is gone with the old one.
    removeStamp('jupyter');
    writeStamp('python', hash());
  },
};
