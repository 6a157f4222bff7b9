// `npm run lab`: JupyterLab, opened on the notebooks; arguments go to it (`npm run lab -- --no-browser --port 8899`).
import { main } from './main.mjs';
import { jupyter } from './programs.mjs';
import { paths } from './setup/paths.mjs';

// Jupyter warns against root for servers that others reach; in a container everybody is root.
const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];

await main(() =>
  jupyter([
    'lab',
    '--notebook-dir',
    paths.root,
    '--LabApp.default_url=/lab/tree/notebooks',
    '--MultiKernelManager.default_kernel_name=tslab',
    ...asRoot,
    ...process.argv.slice(2),
  ]),
);
