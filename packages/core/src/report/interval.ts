/**
 * The difference of a claim as a little picture: its mean, the 95% interval around it, and zero. The zeros of all
 * pictures lie below each other, while each has its own scale.
 */
import { drawMarker } from '../notebook';
import { html, Html } from './html';
import type { Difference } from './part';

const WIDTH = 160;
const HEIGHT = 24;
const ZERO = 44;
const EDGE = 8;

/**
 * @param main   a dot with its interval
 * @param beside a hollow mark: the reader's own
 * @param label  the same in words, for those who do not see it
 */
export function drawInterval(main: Difference, beside: number | undefined, label: string): Html {
  const values = [main.mean, ...(main.interval ?? []), ...(beside === undefined ? [] : [beside])];
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  // As large as fits on both sides of zero.
  const scale = Math.min(
    high > 0 ? (WIDTH - EDGE - ZERO) / high : Infinity,
    low < 0 ? (ZERO - EDGE) / -low : Infinity,
  );
  const at = (value: number) => (Number.isFinite(scale) ? ZERO + value * scale : ZERO);
  const middle = HEIGHT / 2;
  const line = (x1: number, x2: number, y1: number, y2: number, style: string) =>
    `<line x1="${x1.toFixed(1)}" x2="${x2.toFixed(1)}" y1="${y1}" y2="${y2}" ${style}/>`;
  const parts = [line(ZERO, ZERO, 0, HEIGHT, 'stroke="var(--quiet)" stroke-width="1"')];
  if (main.interval) {
    const [from, to] = main.interval.map(at);
    const stroke = 'stroke="var(--text)" stroke-width="1.5"';
    parts.push(line(from, to, middle, middle, stroke));
    for (const end of [from, to]) parts.push(line(end, end, middle - 4, middle + 4, stroke));
  }
  parts.push(drawMarker('circle', at(main.mean), middle, 'var(--text)'));
  if (beside !== undefined) {
    const diamond = 'M0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z';
    parts.push(
      `<path d="${diamond}" transform="translate(${at(beside).toFixed(1)} ${middle})" fill="var(--ground)" stroke="var(--line-1)" stroke-width="1.6"/>`,
    );
  }
  return html`<svg class="interval" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
    <title>${label}</title>
    ${new Html(parts.join(''))}
  </svg>`;
}
