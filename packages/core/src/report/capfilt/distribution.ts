/** How captions of several kinds are spread over a value: bars for each kind, below each other on one axis. */
import type { Histogram } from '../../capfilt';
import { tickLabel, ticks } from '../../notebook';
import { html, type Html } from '../html';
import { fixed } from '../numbers';
import { barsOf, quantile, spanOf, type Bar, type Span } from './spread';

/** Captions of one kind. */
export interface Kind {
  name: string;
  color: string;
  counts: Histogram;
}

/** What was counted. */
export interface Measure {
  title: string;
  /** Of what is counted in whole numbers: 0.01 if it was hundredths. */
  unit: number;
}

const WIDTH = 480;
const EDGE = 10;
const ROW = 78;
const BARS = 46;
const AXIS = 26;

/** Undefined where there are no captions. */
export function distribution(measure: Measure, all: readonly Kind[]): Html | undefined {
  const kinds = all.filter(({ counts }) => Object.keys(counts).length > 0);
  if (kinds.length === 0) return undefined;
  const span = spanOf(kinds.map(({ counts }) => counts));
  const drawn = kinds.map((kind) => ({ ...kind, bars: barsOf(kind.counts, span) }));
  const tallest = Math.max(...drawn.flatMap(({ bars }) => bars.map(({ share }) => share)));
  const rows = drawn.map(({ name, color, counts, bars }, row) => {
    const bottom = (row + 1) * ROW;
    const middle = `median ${shown(quantile(counts, 0.5), measure)}`;
    return html`${words(name, EDGE, bottom - BARS - 10, 'start', 'var(--text)')}
      ${words(middle, WIDTH - EDGE, bottom - BARS - 10, 'end')}
      ${bars.map((bar) => barOf(bar, { measure, span, bottom, color, height: (bar.share / tallest) * BARS }))}
      <line x1="${EDGE}" x2="${WIDTH - EDGE}" y1="${bottom}" y2="${bottom}" stroke="var(--quiet)" />`;
  });
  const height = kinds.length * ROW;
  return html`<figure>
    <figcaption>${measure.title}</figcaption>
    <svg class="chart" viewBox="0 0 ${WIDTH} ${height + AXIS}" role="img">
      <title>${describe(measure, kinds)}</title>
      ${rows}${marks(span, measure, height + 18)}
    </svg>
  </figure> `;
}

const placeOf = (value: number, { low, high }: Span): number =>
  EDGE + ((value - low) / (high - low)) * (WIDTH - 2 * EDGE);

interface Place {
  measure: Measure;
  span: Span;
  bottom: number;
  height: number;
  color: string;
}

function barOf({ from, share }: Bar, { measure, span, bottom, height, color }: Place): Html {
  const [left, right] = [from, from + span.step].map((value) => placeOf(value, span));
  const last = measure.unit === 1 ? from + span.step - 1 : from + span.step;
  const range = last === from ? shown(from, measure) : `${shown(from, measure)} to ${shown(last, measure)}`;
  return html`<rect
    x="${(left + 0.5).toFixed(1)}"
    y="${(bottom - height).toFixed(1)}"
    width="${Math.max(right - left - 1, 0.5).toFixed(1)}"
    height="${height.toFixed(1)}"
    fill="${color}"
  >
    <title>${range}: ${fixed(100 * share, 1)} %</title>
  </rect>`;
}

/** Whole numbers of what cannot be parted stand under the middle of their bar. */
function marks(span: Span, { unit }: Measure, y: number): Html[] {
  const shift = unit === 1 && span.step === 1 ? 0.5 : 0;
  return ticks(span.low * unit, span.high * unit, 7)
    .map((value) => ({ text: tickLabel(value).replace('-', '−'), at: value / unit + shift }))
    .filter(
      ({ text, at }) => at >= span.low - 1e-6 && at <= span.high + 1e-6 && !(unit === 1 && /\./.test(text)),
    )
    .map(({ text, at }) => words(text, placeOf(at, span), y, 'middle'));
}

function words(text: string, x: number, y: number, anchor: string, color = 'var(--quiet)'): Html {
  return html`<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="${color}">${text}</text>`;
}

/** For those who do not see it. */
function describe(measure: Measure, kinds: readonly Kind[]): string {
  const of = ({ name, counts }: Kind) => {
    const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => shown(quantile(counts, share), measure));
    return `${name}: median ${middle}, a tenth up to ${low}, nine tenths up to ${high}`;
  };
  return `${measure.title}. ${kinds.map(of).join('; ')}`;
}

/** A counted value as it is read: 31 hundredths are 0.31. */
const shown = (value: number, { unit }: Measure): string => fixed(value * unit, unit < 1 ? 2 : 0);
