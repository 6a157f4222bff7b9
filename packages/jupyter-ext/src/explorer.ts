/** An attention view as a widget, wherever it stands in JupyterLab: an output, a document, a tab. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { readAttentionOutput } from './attention';
import { fetchBeside } from './documents/files';
import type { Host } from './host';
import { showError } from './renderers/error';
import { standaloneScript } from './script';
import { AttentionView } from './view';

/** What is to be shown. */
export interface Content {
  /** A bundle or a set, parsed or as text; from anywhere. */
  json: unknown;
  /** What the notebook asks for. */
  wishes?: unknown;
  /** What was on view when the notebook was saved. */
  state?: unknown;
  /** Told of every choice of the reader. */
  keep?: (state: object) => void;
}

/** A view of whatever it was given last, or what is wrong with that. */
export class Explorer extends Widget {
  private view?: AttentionView;
  private content?: Content;
  private isTouched = false;

  /** @param resolver finds the files of a set: those beside the notebook or document */
  constructor(
    private readonly host: Host,
    private readonly resolver: IRenderMime.IResolver | null,
  ) {
    super();
    this.addClass('blip2-Explorer');
    host.changed.connect(this.onSettings, this);
  }

  /** Draws this in place of what was there; what the reader has chosen stays, as while a model trains. */
  explore(content: Content): void {
    const before = this.isTouched ? this.view?.state : undefined;
    this.content = content;
    this.draw(before ?? content.state);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.clear();
    super.dispose();
  }

  private draw(state: unknown): void {
    const { json, wishes, keep } = this.content!;
    const { trans } = this.host;
    this.clear();
    try {
      const output = readAttentionOutput(json);
      this.view = new AttentionView(output, {
        state: state ?? without(this.host.defaults, wishes),
        wishes,
        script: standaloneScript,
        trans: (text, ...values) => trans.__(text, ...values.map(String)),
        ...(this.resolver && { fetchItem: fetchBeside(this.resolver, this.host, folderOf(output)) }),
      });
      this.view.onStateChange((chosen) => {
        this.isTouched = true;
        keep?.(chosen);
      });
      this.node.replaceChildren(this.view.element);
    } catch (error) {
      showError(this.node, (error as Error).message);
    }
  }

  /** Other settings are for those who have not chosen anything. */
  private readonly onSettings = (): void => {
    if (this.view && !this.isTouched && this.content?.state === undefined) this.draw(undefined);
  };

  private clear(): void {
    this.view?.dispose();
    this.view = undefined;
    this.node.replaceChildren();
  }
}

const folderOf = (output: object) => ('dir' in output ? String(output.dir) : undefined);

/** The settings that the notebook leaves open. */
const without = (defaults: object, wishes: unknown) =>
  Object.fromEntries(Object.entries(defaults).filter(([key]) => !(key in Object(wishes))));
