/** The side bar that follows the notebook in front. */
import { ILabShell, ILayoutRestorer, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget } from '@jupyterlab/apputils';
import { CATEGORY, COMMANDS } from '../commands';
import { Explorer } from '../explorer';
import { IHost, type Host } from '../host';
import { attentionIcon } from '../icons';
import type { NotebookWidget } from './notebook';
import type { Entry } from './outline';
import { AttentionPanel } from './panel';

const ID = 'blip2-attention-panel';

/** Lists the attention outputs of the notebook in front. */
export const panel: JupyterFrontEndPlugin<void> = {
  id: '@blip2/jupyter-ext:panel',
  description: 'A list of the attention outputs of the notebook in front.',
  autoStart: true,
  requires: [IHost, ILabShell],
  optional: [ICommandPalette, ILayoutRestorer],
  activate(
    app,
    host: Host,
    shell: ILabShell,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
  ) {
    const { trans } = host;
    const list = new AttentionPanel(trans, (entry, notebook) => {
      const tab = tabOf(host, entry, notebook);
      shell.add(tab, 'main', { mode: 'split-right', ref: notebook.id });
      shell.activateById(tab.id);
    });
    list.id = ID;
    list.title.icon = attentionIcon;
    list.title.caption = trans.__('Attention outputs of the notebook');
    list.node.setAttribute('role', 'region');
    list.node.setAttribute('aria-label', list.title.caption);
    shell.add(list, 'right', { rank: 900, type: 'Attention' });
    restorer?.add(list, ID);
    shell.currentChanged.connect((_, { newValue }) => list.follow(newValue));
    list.follow(shell.currentWidget);

    app.commands.addCommand(COMMANDS.showPanel, {
      label: trans.__('Show the notebook’s attention outputs'),
      icon: attentionIcon,
      execute: () => shell.activateById(ID),
    });
    palette?.addItem({ command: COMMANDS.showPanel, category: CATEGORY });
  },
};

/** An output in a tab of its own: as it is now. */
function tabOf(host: Host, { cell, json, wishes, text }: Entry, { context }: NotebookWidget): MainAreaWidget {
  const content = new Explorer(host, context.urlResolver);
  content.addClass('blip2-Document');
  content.explore({ json, wishes });
  const tab = new MainAreaWidget({ content });
  tab.title.label = text || host.trans.__('Attention, cell %1', cell + 1);
  tab.title.caption = host.trans.__('Attention, cell %1', cell + 1);
  tab.title.icon = attentionIcon;
  return tab;
}
