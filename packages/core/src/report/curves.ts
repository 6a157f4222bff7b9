/**
 * Curves over training steps: the committed mean with a band of one standard deviation over seeds, and each run of the
 * reader's own drawn over it. An arm has its colour, dashes and marker in all charts of a study.
 */
import { dashOf, drawLineChart, drawMarker, markerOf, type ChartLayout, type Line } from '../notebook';
import { html, Html } from './html';
import { digitsFor, fixed } from './numbers';
import { seedsOf } from './measurementTable';
import { curveOverSeeds } from './curveOverSeeds';
import { resultsOf, type Part } from './part';

/** Of a chart of curves, in the colours of the page around it. */
export const CURVE_LAYOUT: ChartLayout = {
  width: 480,
  height: 300,
  margin: { top: 14, right: 18, bottom: 50, left: 46 },
  ink: { text: 'var(--text)', quiet: 'var(--quiet)', line: 'var(--rule)' },
  bare: true,
};
const COLORS = 6;

const styleOf = (arm: number) => ({
  color: `var(--line-${arm % COLORS})`,
  dash: dashOf(arm),
  marker: markerOf(arm),
});

/** The lines of one metric. */
function linesOf(part: Part, metric: string, arms: readonly string[]): Line[] {
  const [committed, own] = [resultsOf(part, 'Committed'), resultsOf(part, 'Yours')];
  const means = arms.flatMap((name, i) => {
    const { color, dash } = styleOf(i);
    const curve = curveOverSeeds(committed, { metric, arm: name });
    return curve ? [{ name, color, dash, ...curve, width: 2.5 }] : [];
  });
  const runs = arms.flatMap((name, i) => {
    const { color, marker } = styleOf(i);
    const curves = own.map((result) => curveOverSeeds([result], { metric, arm: name }));
    return curves.flatMap((curve) => (curve ? [{ name, color, marker, ...curve, width: 1.2 }] : []));
  });
  return [...means, ...runs];
}

interface Chart {
  metric: string;
  lines: readonly Line[];
}

export function curves(part: Part): Html | undefined {
  const points = part.sources
    .flatMap(({ results }) => results.flatMap(({ measurements }) => measurements))
    .filter(({ step }) => step !== undefined);
  if (points.length === 0) return undefined;
  const metrics = [...new Set(points.map(({ metric }) => metric))];
  const arms = [...new Set(points.map(({ arm }) => arm))];
  const charts = metrics.map((metric) => ({ metric, lines: linesOf(part, metric, arms) }));
  return html`<ul class="legend">
      ${arms.map(legendOf)}
    </ul>
    <p class="quiet small">${explain(part)}</p>
    <div class="charts">${charts.map((one) => chart(one, reachOf(one, charts)))}</div> `;
}

function chart({ metric, lines }: Chart, reach: { y: number }): Html {
  const drawing = drawLineChart({ title: '', x: 'training step', y: '', lines, reach }, CURVE_LAYOUT);
  return html`<figure>
    <figcaption>${metric}</figcaption>
    <svg class="chart" viewBox="0 0 ${drawing.width} ${drawing.height}" role="img">
      <title>${describe(metric, lines)}</title>
      ${new Html(drawing.content)}
    </svg>
  </figure> `;
}

/** How far up the axis of a chart reaches: as far as in all charts of one kind, `VQA accuracy, OPT` and `…, FlanT5`. */
function reachOf({ metric }: Chart, charts: readonly Chart[]): { y: number } {
  const kindOf = (name: string) => name.split(',')[0];
  const alike = charts.filter((one) => kindOf(one.metric) === kindOf(metric));
  const values = alike.flatMap(({ lines }) => lines.flatMap(({ y, band }) => band?.high ?? y));
  return { y: Math.max(...values) };
}

/** For those who do not see the chart: where each line begins and ends. */
function describe(metric: string, lines: readonly Line[]): string {
  const digits = digitsFor(lines.flatMap(({ y }) => y));
  const ends = lines.map(
    ({ name, x, y }) =>
      `${name}: ${fixed(y[0], digits)} at step ${x[0]}, ${fixed(y.at(-1)!, digits)} at step ${x.at(-1)}`,
  );
  return `${metric}. ${ends.join('; ')}`;
}

function legendOf(arm: string, index: number): Html {
  const { color, dash, marker } = styleOf(index);
  const dashes = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const sample = `<line x1="0" x2="42" y1="7" y2="7" stroke="${color}" stroke-width="2.5"${dashes}/>${drawMarker(marker, 21, 7, color)}`;
  return html`<li><svg viewBox="0 0 42 14" aria-hidden="true">${new Html(sample)}</svg>${arm}</li> `;
}

/** What the lines of these charts are. */
function explain({ sources }: Part): string {
  return sources
    .map(({ whose, results }) => {
      if (whose === 'Yours') {
        return `Thin lines with marks: your run${results.length > 1 ? 's' : ''}, ${seedsOf(results)}.`;
      }
      const several =
        results.length > 1 ? `mean and standard deviation (band) of ${seedsOf(results)}` : 'one seed';
      return `Heavy lines: committed results, ${several}.`;
    })
    .join(' ');
}
