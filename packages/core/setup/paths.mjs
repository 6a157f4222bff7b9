// Where set-up puts TensorFlow and what belongs to it: in `.blip2/`, beside the `node_modules/` that this package lies
// in. In its own repository, where it lies in no such folder, that is the repository's root.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname: a Node too old to have it must get as far as being told so.
const core = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const [project, ...installed] = core.split('/node_modules/');
const isInstalled = installed.length > 0;

/** The folder of the project that set-up is for. */
export const root = isInstalled ? project : join(core, '..', '..');
const inState = (...parts) => join(root, '.blip2', ...parts);

/** The folder of a package that this one depends on; in the repository also before it is there. */
function packageFolder(name) {
  if (!isInstalled) return join(root, 'node_modules', name);
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

export const paths = {
  root,
  core,
  /** All that set-up makes outside node_modules/. */
  state: inState(),
  /** One file per finished step: see stamps.mjs. */
  stamps: inState('stamps'),
  /** Half-done work: downloads and unpacked files before they are renamed into place. */
  partial: inState('partial'),
  downloads: inState('downloads'),
  /** A Python environment: its pip fetches TensorFlow. */
  python: inState('python'),
  /** TensorFlow's two libraries; CUDA's own lie beside them in nvidia/, where TensorFlow looks for them. */
  tensorflow: inState('tensorflow'),
  nvidia: inState('nvidia'),
  headers: inState('include'),
  /** The binding's sources, patched, as they are compiled. */
  native: inState('native'),
  zig: inState('zig'),
  tfjsNode: packageFolder('@tensorflow/tfjs-node-gpu'),
  nodeHeaders: join(packageFolder('node-api-headers'), 'include'),
};

/** A program of the Python environment: `python`, `jupyter`, … */
export const pythonProgram = (name) => join(paths.python, 'bin', name);
