// A Python environment with nothing but pip, which fetches TensorFlow. (Many systems' own Python has no pip.)
import { existsSync, rmSync } from 'node:fs';
import { paths, pythonProgram } from '../paths.mjs';
import { findPython } from '../requirements.mjs';
import { run } from '../shell.mjs';

export const barePython = {
  name: 'Python environment',
  isDone: () => existsSync(pythonProgram('pip')),
  async run() {
    rmSync(paths.python, { recursive: true, force: true });
    await run(findPython(), ['-m', 'venv', paths.python]);
  },
};
