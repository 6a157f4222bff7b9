/** Attention documents in JupyterLab: their file type, and how one is opened from palette and launcher. */
import { ILayoutRestorer, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { FileDialog } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { IStateDB } from '@jupyterlab/statedb';
import { CATEGORY, COMMANDS } from '../commands';
import { IHost, type Host } from '../host';
import { attentionIcon } from '../icons';
import { AttentionDocuments, EXTENSION } from './document';
import { viewsIn } from './views';

const FACTORY = 'blip2-attention';
const FILE_TYPE = 'blip2-attention';

/** Opens `*.attention.json` in the explorer. */
export const documents: JupyterFrontEndPlugin<void> = {
  id: '@blip2/jupyter-ext:documents',
  description: 'Attention bundles from files.',
  autoStart: true,
  requires: [IHost, IDocumentManager],
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, IStateDB],
  activate(
    app,
    host: Host,
    manager: IDocumentManager,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    database: IStateDB | null,
  ) {
    const { trans } = host;
    app.docRegistry.addFileType({
      name: FILE_TYPE,
      displayName: trans.__('Attention bundle'),
      extensions: [EXTENSION],
      mimeTypes: ['application/json'],
      icon: attentionIcon,
    });
    const factory = new AttentionDocuments(
      host,
      {
        name: FACTORY,
        label: trans.__('Attention explorer'),
        fileTypes: [FILE_TYPE],
        defaultFor: [FILE_TYPE],
        readOnly: true,
      },
      database ? viewsIn(database) : undefined,
    );
    const tracker = new WidgetTracker<DocumentWidget>({ namespace: FACTORY });
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = attentionIcon;
      void tracker.add(widget);
      widget.context.pathChanged.connect(() => void tracker.save(widget));
    });
    app.docRegistry.addWidgetFactory(factory);
    if (restorer) {
      void restorer.restore(tracker, {
        command: 'docmanager:open',
        args: ({ context }) => ({ path: context.path, factory: FACTORY }),
        name: ({ context }) => context.path,
      });
    }

    app.commands.addCommand(COMMANDS.openBundle, {
      label: trans.__('Open attention bundle…'),
      caption: trans.__('See what the queries of a Q-Former look at'),
      icon: attentionIcon,
      async execute() {
        const { value, button } = await FileDialog.getOpenFiles({
          manager,
          title: trans.__('Open attention bundle'),
          filter: ({ type, name }) => (type === 'directory' || name.endsWith(EXTENSION) ? {} : null),
        });
        if (!button.accept) return;
        for (const { path, type } of value ?? [])
          if (type !== 'directory') manager.openOrReveal(path, FACTORY);
      },
    });
    palette?.addItem({ command: COMMANDS.openBundle, category: CATEGORY });
    launcher?.add({ command: COMMANDS.openBundle, category: CATEGORY, rank: 1 });
  },
};
