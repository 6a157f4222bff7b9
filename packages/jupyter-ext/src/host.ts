/** What attention views need of JupyterLab, in one place: the reader's settings and language, and the server. */
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { Signal, type ISignal } from '@lumino/signaling';

/** Texts of this extension in language packs. */
export const DOMAIN = 'blip2_jupyter_ext';

/** What attention views need of JupyterLab. */
export class Host {
  private settings: Readonly<Record<string, unknown>> = {};
  private readonly signal = new Signal<this, void>(this);

  constructor(
    readonly trans: TranslationBundle,
    readonly server: ServerConnection.ISettings,
  ) {}

  /** How views begin where neither the notebook nor a reader's choice says more: `schema/explorer.json`. */
  get defaults(): Readonly<Record<string, unknown>> {
    return this.settings;
  }

  set defaults(settings: Readonly<Record<string, unknown>>) {
    this.settings = settings;
    this.signal.emit();
  }

  /** Other settings hold. */
  get changed(): ISignal<this, void> {
    return this.signal;
  }
}

/** For the plugins of this extension. */
export const IHost = new Token<Host>('@blip2/jupyter-ext:IHost');
