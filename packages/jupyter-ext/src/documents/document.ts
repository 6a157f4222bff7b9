/** `*.attention.json` files as documents. */
import { ABCWidgetFactory, DocumentWidget, type DocumentRegistry } from '@jupyterlab/docregistry';
import { Explorer } from '../explorer';
import type { Host } from '../host';

/** How such files end. */
export const EXTENSION = '.attention.json';

class AttentionDocument extends Explorer {
  constructor(host: Host, context: DocumentRegistry.Context) {
    super(host, context.urlResolver);
    this.addClass('blip2-Document');
    const show = () => this.explore({ json: context.model.toString() });
    void context.ready.then(() => {
      if (this.isDisposed) return;
      show();
      // The file was written again.
      context.model.contentChanged.connect(show);
      this.disposed.connect(() => context.model.contentChanged.disconnect(show));
    });
  }
}

/** Makes the widgets of attention documents. */
export class AttentionDocuments extends ABCWidgetFactory<DocumentWidget> {
  constructor(
    private readonly host: Host,
    options: DocumentRegistry.IWidgetFactoryOptions,
  ) {
    super(options);
  }

  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget {
    return new DocumentWidget({ content: new AttentionDocument(this.host, context), context });
  }
}
