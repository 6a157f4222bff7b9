// TensorFlow.js ships each of its packages six times over, for browsers and with source maps: 230 MB that Node never
// reads. They go; what `main`, `module` and `types` lead to stays.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from './paths.mjs';

const BROWSER_BUNDLE = /^tf(-[a-z-]+)?(\.es2017|\.fesm)?(\.min)?\.js(\.html)?$/;

/** Whether Node never reads a file of this name in a TensorFlow.js package's dist folder. */
export const isUnusedBundle = (name) => name.endsWith('.map') || BROWSER_BUNDLE.test(name);

/** Deletes source maps and browser bundles under node_modules/@tensorflow. */
export function pruneBundles() {
  const scope = join(paths.nodeModules, '@tensorflow');
  for (const folder of readdirSync(scope, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue; // a workspace's link
    const packageFolder = join(scope, folder.name);
    const { main } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
    for (const entry of readdirSync(join(packageFolder, 'dist'), { withFileTypes: true, recursive: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile() && isUnusedBundle(entry.name) && file !== join(packageFolder, main)) rmSync(file);
    }
  }
}
