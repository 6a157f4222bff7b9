/** Training curves in JupyterLab: a tab of their own, and another way to open a run's log.jsonl. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { ABCWidgetFactory, DocumentWidget, type DocumentRegistry } from '@jupyterlab/docregistry';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { CATEGORY, COMMANDS } from '../commands';
import { IHost, type Host } from '../host';
import { trainingIcon } from '../icons';
import { TrainingCurves, type CurvesOptions } from './curves';

const ID = '@blip2/jupyter-ext:training';
const NAME = 'blip2-training';
const LOGS = 'blip2-training-log';
const FILE_TYPE = 'blip2-log';

type Options = Omit<CurvesOptions, 'folder' | 'chosen'>;

/** Compares runs, also while they train. */
export const training: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Training curves from the logs of runs.',
  autoStart: true,
  requires: [IHost],
  optional: [ISettingRegistry, ICommandPalette, ILauncher, ILayoutRestorer, IThemeManager],
  activate(
    app,
    { trans }: Host,
    settings: ISettingRegistry | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
  ) {
    const files = app.serviceManager.contents;
    const folderOfRuns = async () => {
      const chosen = await settings?.get(ID, 'folder').catch(() => undefined);
      return typeof chosen?.composite === 'string' ? chosen.composite : 'runs';
    };
    const options = { files, trans, themeChanged: themes?.themeChanged };
    const tracker = new WidgetTracker<MainAreaWidget<TrainingCurves>>({ namespace: NAME });

    app.commands.addCommand(COMMANDS.openTraining, {
      label: trans.__('Training curves'),
      caption: trans.__('Losses of runs, also while they train'),
      icon: trainingIcon,
      async execute({ folder }) {
        const content = new TrainingCurves({
          ...options,
          folder: typeof folder === 'string' ? folder : await folderOfRuns(),
        });
        const tab = new MainAreaWidget({ content });
        tab.title.label = trans.__('Training curves');
        tab.title.icon = trainingIcon;
        app.shell.add(tab, 'main');
        await tracker.add(tab);
        return tab;
      },
    });
    palette?.addItem({ command: COMMANDS.openTraining, category: CATEGORY });
    launcher?.add({ command: COMMANDS.openTraining, category: CATEGORY, rank: 2 });
    void restorer?.restore(tracker, {
      command: COMMANDS.openTraining,
      args: ({ content }) => ({ folder: content.folderName }),
      name: ({ content }) => content.folderName,
    });
    addDocuments(app, options, restorer);
  },
};

/** "Open With > Training curves" for log.jsonl. */
function addDocuments(
  { docRegistry }: JupyterFrontEnd,
  options: Options,
  restorer: ILayoutRestorer | null,
): void {
  const { trans } = options;
  docRegistry.addFileType({
    name: FILE_TYPE,
    displayName: trans.__('Log of a training run'),
    pattern: '^log\\.jsonl$',
    mimeTypes: ['application/jsonl'],
    icon: trainingIcon,
  });
  const factory = new LogDocuments(options, {
    name: LOGS,
    label: trans.__('Training curves'),
    fileTypes: [FILE_TYPE],
    readOnly: true,
  });
  docRegistry.addWidgetFactory(factory);
  const tracker = new WidgetTracker<DocumentWidget<TrainingCurves>>({ namespace: LOGS });
  factory.widgetCreated.connect((_, widget) => void tracker.add(widget));
  void restorer?.restore(tracker, {
    command: 'docmanager:open',
    args: ({ context }) => ({ path: context.path, factory: LOGS }),
    name: ({ context }) => context.path,
  });
}

class LogDocuments extends ABCWidgetFactory<DocumentWidget<TrainingCurves>> {
  constructor(
    private readonly curves: Options,
    options: DocumentRegistry.IWidgetFactoryOptions,
  ) {
    super(options);
  }

  /** The run of this log, beside the other runs of its folder. */
  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget<TrainingCurves> {
    const run = PathExt.dirname(context.path);
    const widget = new DocumentWidget({
      content: new TrainingCurves({
        ...this.curves,
        folder: PathExt.dirname(run),
        chosen: [PathExt.basename(run)],
      }),
      context,
    });
    widget.title.icon = trainingIcon;
    return widget;
  }
}
