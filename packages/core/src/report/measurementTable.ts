/** All that a study measured, beside what the paper has: a group of rows for each metric, a row for each arm. */
import { mean, sd, valueOf, type StudyResult } from '../studies';
import { html, type Html } from './html';
import { asPrinted, counted, digitsFor, fixed } from './numbers';
import type { Part } from './part';
import { scaleNote } from './scaleNote';

interface Row {
  arm: string;
  /** One value, or none. */
  paper: number[];
  /** A value for each seed, by source. */
  measured: number[][];
}

interface Group {
  metric: string;
  rows: Row[];
}

/** Metrics and arms in the order in which they were first measured; of a curve, its last value. */
export function groupsOf({ study, sources }: Part): Group[] {
  const measured = sources.flatMap(({ results }) => results.flatMap(({ measurements }) => measurements));
  const known: readonly { arm: string; metric: string }[] = [...measured, ...study.paper];
  const metrics = [...new Set(known.map(({ metric }) => metric))];
  return metrics.map((metric) => {
    const arms = new Set(known.filter((one) => one.metric === metric).map(({ arm }) => arm));
    const rows = [...arms].map((arm) => {
      const printed = study.paper.filter((one) => one.arm === arm && one.metric === metric);
      return {
        arm,
        paper: printed.map(({ value }) => value),
        measured: sources.map(({ results }) =>
          results.flatMap(({ measurements }) => valueOf(measurements, arm, metric) ?? []),
        ),
      };
    });
    return { metric, rows };
  });
}

/** Whose seeds these are: "5 seeds", "seed 3"; with the scale, where it is not that of the committed results. */
export function seedsOf(results: readonly StudyResult[]): string {
  const seeds = results.length === 1 ? `seed ${results[0].seed}` : counted(results.length, 'seed');
  return seeds + scaleNote({ results });
}

interface Column {
  name: string;
  /** Below the name. */
  note: string;
  values(this: void, row: Row): readonly number[];
  /** Several seeds, so that there is a deviation. */
  several: boolean;
  /** Not the paper's, which are shown as they are printed there. */
  ours: boolean;
}

function columnsOf({ study, sources }: Part): Column[] {
  const paper: Column = { name: 'Paper', note: '', values: (row) => row.paper, several: false, ours: false };
  const ours = sources.map(({ whose, results }, i): Column => ({
    name: whose,
    note: seedsOf(results),
    values: ({ measured }) => measured[i],
    several: results.length > 1,
    ours: true,
  }));
  return [...(study.paper.length > 0 ? [paper] : []), ...ours];
}

/** What the claims or the paper speak of in the open, all else folded. */
export function measurementTable(part: Part): Html | undefined {
  const { claims, paper } = part.study;
  const isSpokenOf = ({ metric }: Group) => [...claims, ...paper].some((one) => one.metric === metric);
  const groups = groupsOf(part);
  if (groups.length === 0) return undefined;
  const main = groups.filter(isSpokenOf);
  const rest = groups.filter((group) => !isSpokenOf(group));
  if (main.length === 0 || rest.length === 0) return groupTable(part, groups);
  return html`${groupTable(part, main)}
    <details>
      <summary>${counted(rest.length, 'more measurement')}</summary>
      ${groupTable(part, rest)}
    </details> `;
}

function groupTable(part: Part, groups: readonly Group[]): Html {
  const columns = columnsOf(part);
  const widths = columns.map(({ several }) => (several ? 2 : 1));
  const heads = columns.map(
    ({ name, note }, i) =>
      html`<th scope="col" class="number" colspan="${widths[i]}">
        ${name}<br /><span class="spread">${note}</span>
      </th>`,
  );
  const wide = widths.reduce<number>((sum, width) => sum + width, 1);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <td></td>
          ${heads}
        </tr>
      </thead>
      ${groups.map((group) => groupBody(group, columns, wide))}
    </table>
  </div> `;
}

function groupBody({ metric, rows }: Group, columns: readonly Column[], wide: number): Html {
  const digits = digitsFor(rows.flatMap(({ measured }) => measured.flat()));
  const lines = rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${row.arm}</th>
        ${columns.map((column) => cells(column, column.values(row), digits))}
      </tr> `,
  );
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${wide}">${metric}</th>
    </tr>
    ${lines}
  </tbody> `;
}

/** Mean, and standard deviation over seeds where the column has several. */
function cells({ several, ours }: Column, values: readonly number[], digits: number): Html {
  const deviation = several ? html`<td class="spread">${spread(values, digits)}</td>` : undefined;
  if (values.length === 0)
    return html`<td class="number quiet">–</td>
      ${deviation}`;
  const number = ours ? fixed(mean(values), digits) : asPrinted(values[0]);
  return html`<td class="number">${number}</td>
    ${deviation}`;
}

const spread = (values: readonly number[], digits: number) =>
  values.length > 1 ? `± ${fixed(sd(values), digits)}` : undefined;
