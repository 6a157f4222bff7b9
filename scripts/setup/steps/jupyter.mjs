// What JupyterLab needs to know: the TypeScript kernel, settings, and our extension once it is built. All of it inside
// the Python environment.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths } from '../paths.mjs';
import { hashOf, hasStamp, writeStamp } from '../../../packages/core/setup/stamps.mjs';

const KERNEL = {
  argv: [
    'node',
    join(paths.nodeModules, 'tslab', 'bin', 'tslab'),
    'kernel',
    '--config-path',
    '{connection_file}',
  ],
  display_name: 'TypeScript (BLIP-2)',
  language: 'typescript',
  env: { TF_CPP_MIN_LOG_LEVEL: '3' },
};

const SETTINGS = {
  '@jupyterlab/apputils-extension:notification': {
    fetchNews: 'false',
    checkForUpdates: false,
  },
};

const FILES = {
  [join(paths.jupyter, 'kernels', 'tslab', 'kernel.json')]: KERNEL,
  [join(paths.jupyter, 'lab', 'settings', 'overrides.json')]: SETTINGS,
};

const LINK = join(paths.jupyter, 'labextensions', '@blip2', 'jupyter-ext');
const hash = () => hashOf(JSON.stringify(FILES), String(existsSync(paths.labExtension)));

export const jupyter = {
  name: 'Jupyter kernel and extension',
  isDone: () => hasStamp('jupyter', hash()),
  async run() {
    for (const [file, content] of Object.entries(FILES)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(content, null, 2));
    }
    rmSync(LINK, { force: true });
    if (existsSync(paths.labExtension)) {
      mkdirSync(dirname(LINK), { recursive: true });
      symlinkSync(paths.labExtension, LINK);
    }
    writeStamp('jupyter', hash());
  },
};
