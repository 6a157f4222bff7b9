// Where set-up puts things. Everything it makes lies in .blip2/ and node_modules/, both ignored by git.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname: a Node too old to have it must get as far as being told so.
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const inRoot = (...parts) => join(root, ...parts);
const inState = (...parts) => join(root, '.blip2', ...parts);

export const paths = {
  root,
  /** All that set-up makes outside node_modules/. */
  state: inState(),
  /** One file per finished step: see stamps.mjs. */
  stamps: inState('stamps'),
  /** Half-done work: downloads and unpacked files before they are renamed into place. */
  partial: inState('partial'),
  downloads: inState('downloads'),
  /** The Python environment with JupyterLab. */
  python: inState('python'),
  jupyter: inState('python', 'share', 'jupyter'),
  /** TensorFlow's two libraries; CUDA's own lie beside them in nvidia/, where TensorFlow looks for them. */
  tensorflow: inState('tensorflow'),
  nvidia: inState('nvidia'),
  headers: inState('include'),
  /** The binding's sources, patched, as they are compiled. */
  native: inState('native'),
  zig: inState('zig'),
  requirements: inRoot('scripts', 'setup', 'requirements.txt'),
  nodeModules: inRoot('node_modules'),
  tfjsNode: inRoot('node_modules', '@tensorflow', 'tfjs-node-gpu'),
  core: inRoot('packages', 'core'),
  datasets: inRoot('datasets'),
  labExtension: inRoot('packages', 'jupyter-ext', 'labextension'),
  notebooks: inRoot('notebooks'),
  scripts: inRoot('scripts'),
  runs: inRoot('runs'),
};

/** A program of the Python environment: `python`, `jupyter`, … */
export const pythonProgram = (name) => join(paths.python, 'bin', name);
