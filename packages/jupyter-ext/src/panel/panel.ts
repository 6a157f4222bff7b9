/** The side bar: attention outputs of the notebook in front, with their cells. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Debouncer } from '@lumino/polling';
import { Widget } from '@lumino/widgets';
import { element } from '../view/dom';
import { asNotebook, reveal, type NotebookWidget } from './notebook';
import { outline, type Entry } from './outline';

/** Milliseconds; a notebook changes with every key. */
const PAUSE = 300;

/** Lists the attention outputs of a notebook. */
export class AttentionPanel extends Widget {
  private notebook?: NotebookWidget;
  private readonly soon = new Debouncer(() => this.update(), PAUSE);

  /** @param open shows an output in a tab of its own */
  constructor(
    private readonly trans: TranslationBundle,
    private readonly open: (entry: Entry, notebook: NotebookWidget) => void,
  ) {
    super();
    this.addClass('blip2-Panel');
    this.update();
  }

  /** Follows what is in front: another notebook, or none; other documents leave it as it is. */
  follow(widget: Widget | null): void {
    const notebook = asNotebook(widget);
    if (!notebook || notebook === this.notebook) return;
    this.leave();
    this.notebook = notebook;
    notebook.content.modelChanged.connect(this.onModel, this);
    notebook.disposed.connect(this.leave, this);
    this.onModel();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.leave();
    this.soon.dispose();
    super.dispose();
  }

  protected override onUpdateRequest(): void {
    const { trans } = this;
    const entries = this.notebook ? outline(this.notebook.content.widgets.map(({ model }) => model)) : [];
    this.node.replaceChildren(
      element('h2', {}, trans.__('Attention outputs')),
      entries.length > 0
        ? element('ul', {}, ...entries.map((entry) => this.item(entry)))
        : element(
            'p',
            {},
            this.notebook
              ? trans.__('This notebook shows no attention yet.')
              : trans.__('Open a notebook: its attention outputs are listed here.'),
          ),
    );
  }

  protected override onAfterShow(): void {
    this.update();
  }

  private item(entry: Entry): HTMLElement {
    const { trans } = this;
    const name = trans.__('Cell %1', entry.cell + 1);
    const pictures = entry.pictures > 1 ? trans.__('%1 pictures', entry.pictures) : '';
    const go = element(
      'button',
      { type: 'button', class: 'blip2-PanelItem', title: trans.__('Show in the notebook') },
      ...(entry.thumbnail ? [element('img', { src: entry.thumbnail, alt: '' })] : []),
      element(
        'span',
        {},
        element('strong', {}, name),
        element('span', {}, [entry.text, pictures].filter(Boolean).join(' · ')),
      ),
    );
    const tab = element('button', { type: 'button', class: 'blip2-PanelTab' }, trans.__('Open in a tab'));
    tab.setAttribute('aria-label', trans.__('Open %1 in a tab', name));
    go.addEventListener('click', () => this.notebook && void reveal(this.notebook, entry));
    tab.addEventListener('click', () => this.notebook && this.open(entry, this.notebook));
    return element('li', {}, go, tab);
  }

  private readonly onModel = (): void => {
    this.notebook?.content.model?.contentChanged.connect(this.onContent, this);
    this.update();
  };

  private readonly onContent = (): void => {
    if (this.isVisible) void this.soon.invoke();
  };

  private readonly leave = (): void => {
    const { notebook } = this;
    this.notebook = undefined;
    notebook?.content?.modelChanged.disconnect(this.onModel, this);
    notebook?.content?.model?.contentChanged.disconnect(this.onContent, this);
    notebook?.disposed.disconnect(this.leave, this);
    this.update();
  };
}
