// Where the repository's own things lie, beside those of TensorFlow. What set-up makes lies in .blip2/ and node_modules/,
// both ignored by git.
import { join, resolve } from 'node:path';
import { paths as tensorflowPaths, root } from '../../packages/core/setup/paths.mjs';

export { pythonProgram } from '../../packages/core/setup/paths.mjs';

const inRoot = (...parts) => join(root, ...parts);

export const paths = {
  ...tensorflowPaths,
  /** JupyterLab's data, in the Python environment. */
  jupyter: join(tensorflowPaths.python, 'share', 'jupyter'),
  requirements: inRoot('scripts', 'setup', 'requirements.txt'),
  nodeModules: inRoot('node_modules'),
  datasets: inRoot('datasets'),
  labExtension: inRoot('packages', 'jupyter-ext', 'labextension'),
  notebooks: inRoot('notebooks'),
  scripts: inRoot('scripts'),
  /** Where the library has them, too. */
  runs: resolve(root, process.env.BLIP2_RUNS || 'runs'),
};
