/**
 * Plotly figures in notebooks, drawn by the plotly.js that comes with this extension: no network. It is large, so it is
 * loaded when the first figure appears.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { readFigure } from '../plotly/figure';
import { showError } from './error';

const PLOTLY = 'application/vnd.plotly.v1+json';

/**
 * Nothing leaves the machine: no button that uploads the figure (plotly shows one), no maps from plotly's server. A
 * figure's own configuration is not taken, as it could name servers too.
 */
const CONFIG = { displaylogo: false, showSendToCloud: false, plotlyServerURL: '', topojsonURL: '/' };

const load = async () => (await import('plotly.js-dist')).default;

class PlotlyRenderer extends Widget implements IRenderMime.IRenderer {
  private readonly plot = document.createElement('div');
  private readonly sizes = new ResizeObserver(() => void this.fitWidth());
  private isDrawn = false;

  constructor() {
    super();
    this.sizes.observe(this.node);
  }

  async renderModel({ data }: IRenderMime.IMimeModel): Promise<void> {
    try {
      const { traces, layout } = readFigure(data[PLOTLY]);
      const plotly = await load();
      if (this.isDisposed) return;
      this.node.replaceChildren(this.plot);
      await plotly.react(this.plot, traces, layout, CONFIG);
      this.isDrawn = true;
    } catch (error) {
      showError(this.node, `This plotly figure cannot be shown: ${(error as Error).message}.`);
    }
  }

  /** A figure that names no width takes the page's, which is known only once it is on the page. */
  private async fitWidth(): Promise<void> {
    if (!this.isDrawn || !this.plot.isConnected || this.node.offsetWidth === 0) return;
    await (await load()).Plots.resize(this.plot);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.sizes.disconnect();
    if (this.isDrawn) void load().then((plotly) => plotly.purge(this.plot));
    super.dispose();
  }
}

export const plotlyFactory: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: [PLOTLY],
  createRenderer: () => new PlotlyRenderer(),
};
