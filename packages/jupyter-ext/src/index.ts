/** What JupyterLab loads: renderers for the outputs of notebooks that it cannot draw itself. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { attentionFactory } from './renderers/attention';
import { plotlyFactory } from './renderers/plotly';

/** Before every type that JupyterLab draws itself, so also before the PNG that comes with each figure. */
const RANK = 0;

const attention: JupyterFrontEndPlugin<void> = {
  id: '@blip2/jupyter-ext:attention',
  description: 'What the queries of a Q-Former look at.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_, rendermime: IRenderMimeRegistry) => rendermime.addFactory(attentionFactory, RANK),
};

const plotly: JupyterFrontEndPlugin<void> = {
  id: '@blip2/jupyter-ext:plotly',
  description: 'Plotly figures without a network.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_, rendermime: IRenderMimeRegistry) => rendermime.addFactory(plotlyFactory, RANK),
};

export default [attention, plotly];
