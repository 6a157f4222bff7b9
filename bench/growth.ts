/** Curves on the page: how cost grows with the work. */
import {
  dashOf,
  drawLineChart,
  type ChartLayout,
  type Line,
  type LineStyle,
} from '../packages/core/src/notebook';
import { CURVE_LAYOUT } from '../packages/core/src/report/curves';
import { html, Html } from '../packages/core/src/report/html';
import type { CurveResult } from './curves';
import type { Figure } from './figures';

/** Milliseconds have more digits than shares. */
const LAYOUT: ChartLayout = { ...CURVE_LAYOUT, margin: { ...CURVE_LAYOUT.margin, left: 62 } };

/** A chart for each. */
export function growth(curves: readonly CurveResult[]): Html {
  return html`<section>
    <h2>As work grows</h2>
    <p>
      Milliseconds of a step; the broken line is PyTorch. At each point ours is timed by itself, then PyTorch:
      they take no turns here.
    </p>
    <div class="charts">${curves.map(chart)}</div>
  </section>`;
}

function chart({ name, axis, work, peer, points }: CurveResult): Html {
  const x = points.map((point) => point.x);
  const line = (who: string, figures: readonly Figure[], style: LineStyle): Line => ({
    ...style,
    ...{ name: who, x, y: figures.map(({ median }) => median), width: 2.5 },
  });
  const theirs = points.flatMap((point) => point.peer ?? []);
  const lines = [line('ours', points.map(({ ours }) => ours), { color: 'var(--line-0)' })]; // prettier-ignore
  if (theirs.length === points.length)
    lines.push(line('PyTorch', theirs, { color: 'var(--line-1)', dash: dashOf(1) }));
  const drawing = drawLineChart({ title: '', x: axis, y: '', lines }, LAYOUT);
  return html`<figure>
    <figcaption>${name}: ${work}; beside ${peer}</figcaption>
    <svg class="chart" viewBox="0 0 ${drawing.width} ${drawing.height}" role="img">
      <title>
        ${points.map(({ x: at, ours }) => `${axis} ${at}: ${ours.median.toFixed(0)} ms`).join('; ')}
      </title>
      ${new Html(drawing.content)}
    </svg>
  </figure>`;
}
