// The npm packages, exactly as package-lock.json has them. Install scripts stay off: none is needed but the
// TensorFlow binding's, which would fetch a TensorFlow of 2022; the binding is built in its own step.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfFiles, hasStamp, removeStamp, writeStamp } from '../../../packages/core/setup/stamps.mjs';
import { paths } from '../paths.mjs';
import { run } from '../../../packages/core/setup/shell.mjs';
import { pruneBundles } from '../prune-bundles.mjs';

const hash = () => hashOfFiles([join(paths.root, 'package-lock.json')]);

export const npmPackages = {
  name: 'npm packages',
  isDone: () => hasStamp('npm', hash()) && existsSync(join(paths.nodeModules, '.package-lock.json')),
  async run() {
    removeStamp('npm');
    await run('npm', ['ci', '--ignore-scripts'], {
      hint: 'Is the npm registry within reach (npm ping)? Then run the same command again.',
    });
    pruneBundles();
    // What was built into the old node_modules is gone.
    removeStamp('binding');
    rmSync(join(paths.root, '.nx'), { recursive: true, force: true });
    writeStamp('npm', hash());
  },
};
