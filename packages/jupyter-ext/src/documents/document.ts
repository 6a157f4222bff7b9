/** `*.attention.json` files as documents. */
import { ABCWidgetFactory, DocumentWidget, type DocumentRegistry } from '@jupyterlab/docregistry';
import { Explorer } from '../explorer';
import type { Host } from '../host';
import type { Views } from './views';

/** How such files end. */
export const EXTENSION = '.attention.json';

class AttentionDocument extends Explorer {
  constructor(host: Host, context: DocumentRegistry.Context, views?: Views) {
    super(host, context.urlResolver);
    this.addClass('blip2-Document');
    let { path } = context;
    let state: unknown;
    const show = () =>
      this.explore({
        json: context.model.toString(),
        state,
        keep: (chosen) => views?.keep(path, (state = chosen)),
      });
    const moved = () => {
      views?.forget(path);
      ({ path } = context);
      if (state) views?.keep(path, state);
    };
    void Promise.all([views?.read(path), context.ready]).then(([kept]) => {
      if (this.isDisposed) return;
      state = kept;
      show();
      // The file was written again.
      context.model.contentChanged.connect(show);
      context.pathChanged.connect(moved);
      this.disposed.connect(() => {
        context.model.contentChanged.disconnect(show);
        context.pathChanged.disconnect(moved);
        views?.forget(path);
      });
    });
  }
}

/** Makes the widgets of attention documents. */
export class AttentionDocuments extends ABCWidgetFactory<DocumentWidget> {
  constructor(
    private readonly host: Host,
    options: DocumentRegistry.IWidgetFactoryOptions,
    private readonly views?: Views,
  ) {
    super(options);
  }

  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget {
    return new DocumentWidget({ content: new AttentionDocument(this.host, context, this.views), context });
  }
}
