/** The attention explorer: plain DOM without JupyterLab, whose renderer only gives it a place. */
import type { Attention } from '../attention/bundle';
import type { AttentionSet } from '../attention/set';
import type { ViewState } from '../attention/state';
import type { Wishes } from '../attention/choice';
import { AttentionExplorer } from './explorer';

/** Gives a text in the reader's language; `%1`, `%2`, … stand for the values, as in JupyterLab's `trans.__`. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

export interface AttentionViewOptions {
  /** Of an earlier view of this output, from anywhere (a notebook's metadata): what does not fit is replaced. */
  state?: unknown;
  /** What the notebook asked for in the output's metadata. */
  wishes?: unknown;
  /** The JSON (parsed or as text) of a file that a set names. Without it, only items inside the set can be seen. */
  fetchItem?: (file: string) => Promise<unknown>;
  trans?: Translate;
  /** The text of the stand-alone script; with it, the view can be saved as a page of its own. */
  script?: () => Promise<string>;
}

/** One output on view. */
export class AttentionView {
  readonly element: HTMLElement;

  constructor(output: Attention | AttentionSet, options: AttentionViewOptions = {}) {
    this.element = 'items' in output ? document.createElement('div') : new AttentionExplorer(output).element;
    void options;
  }

  /** What is on view: plain JSON, for `options.state` of a later view. */
  get state(): ViewState {
    throw new Error('to come');
  }

  /** @returns a function that ends it */
  onStateChange(callback: (state: ViewState) => void): () => void {
    void callback;
    return () => {};
  }

  /** Ends timers and lets go of everything; the element is of no use afterwards. */
  dispose(): void {
    this.element.remove();
  }
}
