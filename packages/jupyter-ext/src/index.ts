import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

const plugins: JupyterFrontEndPlugin<void>[] = [
  {
    id: '@blip2/jupyter-ext:attention',
    autoStart: true,
    requires: [IRenderMimeRegistry],
    activate: () => undefined,
  },
];

export default plugins;
