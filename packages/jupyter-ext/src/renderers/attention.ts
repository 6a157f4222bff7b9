/** Notebook outputs of attention bundles and sets: gives the explorer a place in a cell. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ATTENTION_FORMAT, ATTENTION_SET_FORMAT } from '../attention';
import { Explorer } from '../explorer';
import type { Host } from '../host';
import { keptFor } from './cellState';

class AttentionRenderer extends Explorer implements IRenderMime.IRenderer {
  private model?: IRenderMime.IMimeModel;
  private drawn: unknown;

  constructor(
    private readonly options: IRenderMime.IRendererOptions,
    host: Host,
  ) {
    super(host, options.resolver);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    if (this.isAttached) this.render();
  }

  /** Only here is it known in which cell the output stands, and what was chosen there before. */
  protected override onAfterAttach(): void {
    this.render();
  }

  /** Not again for the same bundle, as when a notebook comes to be trusted or its cells are moved. */
  private render(): void {
    const json = this.model?.data[this.options.mimeType];
    if (json === undefined || json === this.drawn) return;
    this.drawn = json;
    this.explore({ json, wishes: this.model?.metadata[this.options.mimeType], ...keptFor(this) });
  }
}

/** Draws attention bundles and sets. */
export const attentionFactory = (host: Host): IRenderMime.IRendererFactory => ({
  // No HTML of a bundle is ever interpreted.
  safe: true,
  mimeTypes: [ATTENTION_FORMAT, ATTENTION_SET_FORMAT],
  createRenderer: (options) => new AttentionRenderer(options, host),
});
