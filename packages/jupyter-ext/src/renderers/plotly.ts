/** Plotly figures in notebooks, without a network. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { Plot } from '../plotly/draw';
import { readFigure } from '../plotly/figure';
import { showError } from './error';

const PLOTLY = 'application/vnd.plotly.v1+json';

class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  private readonly plot = new Plot();
  private readonly sizes = new ResizeObserver(() => void this.plot.fit());

  constructor(private readonly trans: TranslationBundle) {
    super();
    this.sizes.observe(this.node);
  }

  async renderModel({ data }: IRenderMime.IMimeModel): Promise<void> {
    try {
      const figure = readFigure(data[PLOTLY]);
      this.node.replaceChildren(this.plot.element);
      await this.plot.draw(figure);
    } catch (error) {
      showError(
        this.node,
        this.trans.__('This plotly figure cannot be shown: %1.', (error as Error).message),
      );
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.sizes.disconnect();
    this.plot.dispose();
    super.dispose();
  }
}

/** Draws plotly figures. */
export const plotlyFactory = (trans: TranslationBundle): IRenderMime.IRendererFactory => ({
  safe: true,
  mimeTypes: [PLOTLY],
  createRenderer: () => new PlotlyRenderer(trans),
});
