/** Draws figures with the plotly.js that comes with this extension. It is large: loaded when it is first needed. */
import type { Figure } from './figure';

/**
 * Nothing leaves the machine: no button that uploads the figure (plotly shows one), no maps from plotly's server. A
 * figure's own configuration is not taken, as it could name servers too.
 */
const CONFIG = { displaylogo: false, showSendToCloud: false, plotlyServerURL: '', topojsonURL: '/' };

const load = async () => (await import('plotly.js-dist')).default;

/** A place for a figure. */
export class Plot {
  readonly element = document.createElement('div');
  private isDrawn = false;
  private isDisposed = false;

  /** Draws a figure in place of the one before. */
  async draw({ traces, layout }: Figure): Promise<void> {
    const plotly = await load();
    if (this.isDisposed) return;
    await plotly.react(this.element, traces, layout, CONFIG);
    this.isDrawn = true;
  }

  /** A figure that names no width takes its parent's, which is known only once it is on the page. */
  async fit(): Promise<void> {
    if (!this.isDrawn || !this.element.isConnected || this.element.offsetWidth === 0) return;
    await (await load()).Plots.resize(this.element);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    if (this.isDrawn) void load().then((plotly) => plotly.purge(this.element));
  }
}
