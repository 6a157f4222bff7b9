/** Curves of several runs as a plotly figure. */
import type { Figure } from '../plotly/figure';
import { curveOf, type LogEntry } from './log';

/** A run to be drawn. */
export interface RunCurve {
  name: string;
  /** Which colour. */
  index: number;
  log: readonly LogEntry[];
}

/** How the figure looks. */
export interface Look {
  measure: string;
  logarithmic: boolean;
  /** Of the page around it. */
  text: string;
  line: string;
  stepName: string;
}

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), visible on light and dark. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
/** Where colours come again, dashes tell lines apart. */
const DASHES = ['solid', 'dash', 'dot', 'dashdot'];

export const colorOf = (index: number): string => COLORS[index % COLORS.length];
const dashOf = (index: number) => DASHES[Math.floor(index / COLORS.length) % DASHES.length];

export function trainingFigure(runs: readonly RunCurve[], look: Look): Figure {
  const axis = { gridcolor: look.line, zerolinecolor: look.line, linecolor: look.line, automargin: true };
  return {
    traces: runs.map(({ name, index, log }) => {
      const { x, y } = curveOf(log, look.measure);
      return {
        type: 'scatter',
        mode: x.length > 1 ? 'lines' : 'markers',
        name,
        x,
        y,
        line: { color: colorOf(index), dash: dashOf(index), width: 2 },
      };
    }),
    layout: {
      // What the reader has zoomed to stays while the curves grow, until another measure is chosen.
      uirevision: `${look.measure} ${look.logarithmic}`,
      showlegend: runs.length > 1,
      legend: { orientation: 'h', x: 0, y: 1, yanchor: 'bottom' },
      margin: { l: 56, r: 16, t: 40, b: 48 },
      modebar: { bgcolor: 'transparent', color: look.text, activecolor: look.text },
      paper_bgcolor: 'transparent',
      plot_bgcolor: 'transparent',
      font: { color: look.text },
      xaxis: { ...axis, title: { text: look.stepName } },
      yaxis: { ...axis, title: { text: look.measure }, type: look.logarithmic ? 'log' : 'linear' },
      autosize: true,
    },
  };
}
