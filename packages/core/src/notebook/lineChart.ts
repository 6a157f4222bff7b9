/** Lines over a common axis, as plotly draws them and as a PNG of the same. */
import { INK, label, renderPng, textWidth, type Drawing } from './svg';
import { tickLabel, ticks } from './ticks';
import { PLOTLY, type View } from './view';

export interface Line {
  name: string;
  color: string;
  x: readonly number[];
  y: readonly number[];
}

export interface LineChart {
  title: string;
  /** Small print below the title. */
  subtitle?: string;
  x: string;
  y: string;
  lines: readonly Line[];
  /** The axes reach at least from 0 to these. */
  reach?: { x?: number; y?: number };
}

const WIDTH = 760;
const HEIGHT = 400;
const MARGIN = { top: 64, right: 120, bottom: 52, left: 60 };

export function lineChart(chart: LineChart): View {
  return {
    async render() {
      const png = await renderPng(drawLineChart(chart));
      return {
        data: { [PLOTLY]: plotlyFigure(chart), ...png.data, 'text/plain': describe(chart) },
        metadata: png.metadata,
      };
    },
  };
}

/** `Loss: itc 0.412, itm 0.201 (step 1,400)` */
function describe({ title, x, lines }: LineChart): string {
  const ends = lines.flatMap(({ name, y }) => (y.length > 0 ? `${name} ${y.at(-1)!.toFixed(3)}` : []));
  const last = lines.at(0)?.x.at(-1);
  return `${title}: ${ends.join(', ')}${last === undefined ? '' : ` (${x} ${tickLabel(last)})`}`;
}

/** Plotly's JSON. */
export function plotlyFigure({ title, subtitle, x, y, lines, reach }: LineChart): object {
  const axis = { gridcolor: INK.line, zeroline: false, linecolor: INK.quiet };
  return {
    data: lines.map((line) => ({
      type: 'scatter',
      mode: 'lines',
      name: line.name,
      x: line.x,
      y: line.y.map((value) => Number(value.toPrecision(4))),
      line: { color: line.color, width: 2 },
    })),
    layout: {
      width: WIDTH,
      height: HEIGHT,
      title: { text: title, subtitle: { text: subtitle ?? '' }, x: MARGIN.left / WIDTH, xanchor: 'left' },
      margin: { t: MARGIN.top, r: MARGIN.right, b: MARGIN.bottom, l: MARGIN.left },
      xaxis: { ...axis, title: { text: x }, ...(reach?.x && { range: [0, reach.x] }) },
      yaxis: { ...axis, title: { text: y }, rangemode: 'tozero' },
      plot_bgcolor: '#ffffff',
      hovermode: 'x unified',
    },
  };
}

/** The same as a drawing, with each line's name at its end in place of a legend. */
export function drawLineChart({ title, subtitle, x, y, lines, reach = {} }: LineChart): Drawing {
  const xTicks = ticks(0, Math.max(reach.x ?? 1, ...lines.flatMap((line) => line.x)), 7);
  const yTicks = ticks(0, Math.max(reach.y ?? 1, ...lines.flatMap((line) => line.y)), 5);
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const atX = (value: number) => MARGIN.left + (value / xTicks.at(-1)!) * (right - MARGIN.left);
  const atY = (value: number) => bottom - (value / yTicks.at(-1)!) * (bottom - MARGIN.top);

  const grid = yTicks.map((value) => {
    const color = value === 0 ? INK.quiet : INK.line;
    const rule = `<line x1="${MARGIN.left}" x2="${right}" y1="${atY(value)}" y2="${atY(value)}" stroke="${color}"/>`;
    return (
      rule + label(tickLabel(value), MARGIN.left - 8, atY(value) + 4, { color: INK.quiet, anchor: 'end' })
    );
  });
  const marks = xTicks.map((value) =>
    label(tickLabel(value), atX(value), bottom + 20, { color: INK.quiet, anchor: 'middle' }),
  );
  const curves = lines.map((line) => {
    const points = line.x
      .map((value, i) => `${atX(value).toFixed(1)},${atY(line.y[i]).toFixed(1)}`)
      .join(' ');
    return `<polyline points="${points}" fill="none" stroke="${line.color}" stroke-width="2" stroke-linejoin="round"/>`;
  });
  const middle = (MARGIN.left + right) / 2;
  const titles = [
    label(title, MARGIN.left, 26, { size: 16, bold: true }),
    label(subtitle ?? '', MARGIN.left, 46, { size: 12, color: INK.quiet }),
    label(x, middle, HEIGHT - 12, { color: INK.quiet, anchor: 'middle' }),
    `<g transform="rotate(-90)">${label(y, -(MARGIN.top + bottom) / 2, 18, { color: INK.quiet, anchor: 'middle' })}</g>`,
  ];
  const content = [...grid, ...marks, ...curves, ...endLabels(lines, atX, atY), ...titles].join('');
  return { width: WIDTH, height: HEIGHT, content };
}

/** Names and last values at the ends of the lines, pushed apart where they would overlap. */
function endLabels(
  lines: readonly Line[],
  atX: (value: number) => number,
  atY: (value: number) => number,
): string[] {
  const size = 12;
  const ends = lines
    .filter((line) => line.y.length > 0)
    .map((line) => ({ line, x: atX(line.x.at(-1)!) + 8, y: atY(line.y.at(-1)!) + 4 }))
    .sort((a, b) => a.y - b.y);
  // From the top down each keeps its distance from the one above; then all are moved up by what the last one sank.
  for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + size + 4);
  const sunk = Math.max(0, (ends.at(-1)?.y ?? 0) - (HEIGHT - MARGIN.bottom));
  const spaced = ends.map((end, i) => ({ ...end, y: end.y - (sunk * (i + 1)) / ends.length }));
  return spaced.map(({ line, x, y }) => {
    const name = label(line.name, x, y, { size, color: line.color, bold: true });
    return (
      name +
      label(line.y.at(-1)!.toFixed(2), x + textWidth(line.name, size) + 10, y, { size, color: INK.quiet })
    );
  });
}
