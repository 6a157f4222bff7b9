/** Notebook outputs of attention bundles: gives the explorer a place in JupyterLab. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { ATTENTION_FORMAT, BundleError, readAttention } from '../attention/bundle';
import { readWishes } from '../attention/choice';
import { AttentionExplorer } from '../view/explorer';
import { showError } from './error';

class AttentionRenderer extends Widget implements IRenderMime.IRenderer {
  private explorer?: AttentionExplorer;

  async renderModel({ data, metadata }: IRenderMime.IMimeModel): Promise<void> {
    try {
      const attention = readAttention(data[ATTENTION_FORMAT]);
      const wishes = readWishes(metadata[ATTENTION_FORMAT], attention.grid);
      // An output that is drawn anew, as while a model trains, keeps what its reader has chosen.
      this.explorer = new AttentionExplorer(attention, wishes, this.explorer?.choice);
      this.node.replaceChildren(this.explorer.element);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.explorer = undefined;
      showError(this.node, error.message);
    }
  }
}

export const attentionFactory: IRenderMime.IRendererFactory = {
  // No HTML of a bundle is ever interpreted.
  safe: true,
  mimeTypes: [ATTENTION_FORMAT],
  createRenderer: () => new AttentionRenderer(),
};
