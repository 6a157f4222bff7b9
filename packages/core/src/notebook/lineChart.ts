/** Lines over a common axis, with bands around them, as plotly draws them and as a PNG of the same. */
import type { LineStyle, Marker } from './palette';
import { escape, INK, label, renderPng, textWidth, type Drawing } from './svg';
import { tickLabel, ticks } from './ticks';
import { PLOTLY, type View } from './view';

export interface Line extends LineStyle {
  name: string;
  x: readonly number[];
  y: readonly number[];
  /** Drawn around the line, such as the spread over seeds: a value for each of `x`. */
  band?: { low: readonly number[]; high: readonly number[] };
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

/** How a drawing is laid out and inked; colours are what SVG takes. */
export interface ChartLayout {
  width: number;
  height: number;
  margin: { top: number; right: number; bottom: number; left: number };
  ink: { text: string; quiet: string; line: string };
  /** Without title and names at the ends of lines: what is around it has them. */
  bare: boolean;
}

const PAGE: ChartLayout = {
  width: 760,
  height: 400,
  margin: { top: 64, right: 120, bottom: 52, left: 60 },
  ink: INK,
  bare: false,
};

/** Lines over a common axis, as a PNG and as plotly's JSON. */
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
  const { width, height, margin } = PAGE;
  const axis = { gridcolor: INK.line, zeroline: false, linecolor: INK.quiet };
  return {
    data: lines.flatMap((line) => [...plotlyBand(line), plotlyLine(line)]),
    layout: {
      width,
      height,
      title: { text: title, subtitle: { text: subtitle ?? '' }, x: margin.left / width, xanchor: 'left' },
      margin: { t: margin.top, r: margin.right, b: margin.bottom, l: margin.left },
      xaxis: { ...axis, title: { text: x }, ...(reach?.x && { range: [0, reach.x] }) },
      yaxis: { ...axis, title: { text: y }, rangemode: 'tozero' },
      plot_bgcolor: '#ffffff',
      hovermode: 'x unified',
    },
  };
}

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4)));

const PLOTLY_MARKER: Record<Marker, string> = {
  circle: 'circle',
  square: 'square',
  triangle: 'triangle-up',
  diamond: 'diamond',
};

function plotlyLine({ name, color, dash, marker, x, y }: Line): object {
  return {
    type: 'scatter',
    mode: marker ? 'lines+markers' : 'lines',
    name,
    x,
    y: rounded(y),
    line: { color, width: 2, ...(dash && { dash: dash.map((length) => `${length}px`).join(',') }) },
    ...(marker && { marker: { color, symbol: PLOTLY_MARKER[marker] } }),
  };
}

/** A band is an area of its own, without a name: along the upper edge and back along the lower one. */
function plotlyBand({ color, x, band }: Line): object[] {
  if (!band) return [];
  const around = { x: [...x, ...[...x].reverse()], y: rounded([...band.high, ...[...band.low].reverse()]) };
  const look = { fill: 'toself', fillcolor: color, opacity: BAND_OPACITY, line: { width: 0 } };
  return [{ type: 'scatter', mode: 'lines', ...around, ...look, hoverinfo: 'skip', showlegend: false }];
}

/** From a value to a place in the drawing. */
interface Axes {
  atX: (value: number) => number;
  atY: (value: number) => number;
}

/** The same as a drawing. */
export function drawLineChart(chart: LineChart, given: ChartLayout = PAGE): Drawing {
  const layout = given.bare ? given : withRoomFor(chart.lines, given);
  const { lines, reach = {} } = chart;
  const { width, height, margin, ink } = layout;
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const xTicks = ticks(0, Math.max(reach.x ?? 1, ...lines.flatMap((line) => line.x)), 7);
  const yTicks = ticks(0, Math.max(reach.y ?? 1, ...lines.flatMap(({ y, band }) => band?.high ?? y)), 5);
  const axes: Axes = {
    atX: (value) => margin.left + (value / xTicks.at(-1)!) * (right - margin.left),
    atY: (value) => bottom - (value / yTicks.at(-1)!) * (bottom - margin.top),
  };
  const quiet = { color: ink.quiet };
  const grid = yTicks.map((value) => {
    const y = axes.atY(value);
    const rule = `<line x1="${margin.left}" x2="${right}" y1="${y}" y2="${y}" stroke="${value === 0 ? ink.quiet : ink.line}"/>`;
    return rule + label(tickLabel(value), margin.left - 8, y + 4, { ...quiet, anchor: 'end' });
  });
  const marks = xTicks.map((value) =>
    label(tickLabel(value), axes.atX(value), bottom + 20, { ...quiet, anchor: 'middle' }),
  );
  // Bands below all lines, so that none dims a line.
  const curves = [...lines.map((line) => drawBand(line, axes)), ...lines.map((line) => drawLine(line, axes))];
  const names = layout.bare ? [] : [...endLabels(lines, axes, bottom, ink), ...titles(chart, layout)];
  const content = [...grid, ...marks, ...axisNames(chart, layout), ...curves, ...names].join('');
  return { width, height, content };
}

function titles({ title, subtitle = '' }: LineChart, { margin, ink }: ChartLayout): string[] {
  return [
    label(title, margin.left, margin.top - 38, { size: 16, bold: true, color: ink.text }),
    label(subtitle, margin.left, margin.top - 18, { color: ink.quiet }),
  ];
}

function axisNames({ x, y }: LineChart, { width, height, margin, ink }: ChartLayout): string[] {
  const style = { color: ink.quiet, anchor: 'middle' } as const;
  const upright = -(margin.top + height - margin.bottom) / 2;
  return [
    label(x, (margin.left + width - margin.right) / 2, height - 12, style),
    `<g transform="rotate(-90)">${label(y, upright, 18, style)}</g>`,
  ];
}

const BAND_OPACITY = 0.16;

function pointsOf(x: readonly number[], y: readonly number[], { atX, atY }: Axes): string[] {
  return x.map((value, i) => `${atX(value).toFixed(1)},${atY(y[i]).toFixed(1)}`);
}

function drawBand({ color, x, band }: Line, axes: Axes): string {
  if (!band) return '';
  // The axis begins at 0.
  const low = band.low.map((value) => Math.max(0, value));
  const edge = [...pointsOf(x, band.high, axes), ...pointsOf(x, low, axes).reverse()];
  return `<polygon points="${edge.join(' ')}" fill="${color}" fill-opacity="${BAND_OPACITY}"/>`;
}

function drawLine({ color, dash, marker, width = 2, x, y }: Line, axes: Axes): string {
  const dashes = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const points = pointsOf(x, y, axes).join(' ');
  const line = `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"${dashes}/>`;
  const marks = marker ? x.map((value, i) => drawMarker(marker, axes.atX(value), axes.atY(y[i]), color)) : [];
  return line + marks.join('');
}

const MARKER_PATH: Record<Marker, string> = {
  circle: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z',
  square: 'M-3-3h6v6h-6z',
  triangle: 'M0-4l4 7h-8z',
  diamond: 'M0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z',
};

/** A filled mark around a place. */
export function drawMarker(marker: Marker, x: number, y: number, color: string): string {
  return `<path d="${MARKER_PATH[marker]}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})" fill="${color}"/>`;
}

const END = { size: 12, gap: 8, value: 62 };
/** How much wider bold letters are. */
const BOLD = 1.2;

/** With a right margin in which the names and last values of these lines have room. */
function withRoomFor(lines: readonly Line[], layout: ChartLayout): ChartLayout {
  const widest = Math.max(0, ...lines.map(({ name }) => BOLD * textWidth(name, END.size)));
  const right = Math.max(layout.margin.right, END.gap + widest + END.value);
  return { ...layout, margin: { ...layout.margin, right } };
}

/** Names and last values at the ends of the lines, pushed apart where they would overlap. */
function endLabels(
  lines: readonly Line[],
  { atX, atY }: Axes,
  bottom: number,
  ink: ChartLayout['ink'],
): string[] {
  const { size, gap } = END;
  const ends = lines
    .filter((line) => line.y.length > 0)
    .map((line) => ({ line, x: atX(line.x.at(-1)!) + gap, y: atY(line.y.at(-1)!) + 4 }))
    .sort((a, b) => a.y - b.y);
  // From the top down each keeps its distance from the one above; then all are moved up by what the last one sank.
  for (let i = 1; i < ends.length; i++) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + size + 4);
  const sunk = Math.max(0, (ends.at(-1)?.y ?? 0) - bottom);
  const spaced = ends.map((end, i) => ({ ...end, y: end.y - (sunk * (i + 1)) / ends.length }));
  return spaced.map(({ line, x, y }) => {
    const value = `<tspan dx="8" fill="${ink.quiet}" font-weight="normal">${line.y.at(-1)!.toFixed(2)}</tspan>`;
    return `<text x="${x}" y="${y}" font-size="${size}" fill="${line.color}" font-weight="bold">${escape(line.name)}${value}</text>`;
  });
}
