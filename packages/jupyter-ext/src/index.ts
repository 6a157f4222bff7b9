/** What JupyterLab loads: the attention explorer in outputs, documents and a side bar; plotly figures; training curves. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { documents } from './documents/plugin';
import { DOMAIN, Host, IHost } from './host';
import { panel } from './panel/plugin';
import { attentionFactory } from './renderers/attention';
import { plotlyFactory } from './renderers/plotly';
import { training } from './training/plugin';

/** Before every type that JupyterLab draws itself, so also before the PNG that comes with each figure. */
const RANK = 0;
const EXPLORER = '@blip2/jupyter-ext:explorer';

const explorer: JupyterFrontEndPlugin<Host> = {
  id: EXPLORER,
  description: 'What the queries of a Q-Former look at.',
  autoStart: true,
  provides: IHost,
  requires: [IRenderMimeRegistry],
  optional: [ISettingRegistry, ITranslator],
  activate(
    app,
    rendermime: IRenderMimeRegistry,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
  ) {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const host = new Host(trans, app.serviceManager.serverSettings);
    rendermime.addFactory(attentionFactory(host), RANK);
    void registry
      ?.load(EXPLORER)
      .then((settings) => {
        const read = () => (host.defaults = settings.composite);
        settings.changed.connect(read);
        read();
      })
      .catch((error: unknown) => console.warn(`${EXPLORER}: settings cannot be read`, error));
    return host;
  },
};

const plotly: JupyterFrontEndPlugin<void> = {
  id: '@blip2/jupyter-ext:plotly',
  description: 'Plotly figures without a network.',
  autoStart: true,
  requires: [IRenderMimeRegistry, IHost],
  activate: (_, rendermime: IRenderMimeRegistry, { trans }: Host) =>
    rendermime.addFactory(plotlyFactory(trans), RANK),
};

export default [explorer, documents, panel, training, plotly];
