/** All that a study measured, beside what the paper has: a group of rows for each metric, a row for each arm. */
import { mean, sd, valueOf, type StudyResult } from '../studies';
import { html, type Html } from './html';
import { asPrinted, counted, digitsFor, fixed } from './numbers';
import type { Part } from './part';

interface Row {
  arm: string;
  paper?: number;
  /** A value for each seed. */
  committed: number[];
  own: number[];
}

interface Group {
  metric: string;
  rows: Row[];
}

/** Metrics and arms in the order in which they were first measured; of a curve, its last value. */
export function groupsOf({ study, committed, own }: Part): Group[] {
  const measured = [...committed, ...own].flatMap(({ measurements }) => measurements);
  const known: readonly { arm: string; metric: string }[] = [...measured, ...study.paper];
  const metrics = [...new Set(known.map(({ metric }) => metric))];
  return metrics.map((metric) => {
    const arms = new Set(known.filter((one) => one.metric === metric).map(({ arm }) => arm));
    const rows = [...arms].map((arm) => {
      const values = (results: readonly StudyResult[]) =>
        results.flatMap(({ measurements }) => valueOf(measurements, arm, metric) ?? []);
      const paper = study.paper.find((one) => one.arm === arm && one.metric === metric)?.value;
      return { arm, paper, committed: values(committed), own: values(own) };
    });
    return { metric, rows };
  });
}

/** Whose seeds these are: "5 seeds", "seed 3". */
export function seedsOf(results: readonly StudyResult[]): string {
  return results.length === 1 ? `seed ${results[0].seed}` : counted(results.length, 'seed');
}

export function measurementTable(part: Part): Html | undefined {
  const groups = groupsOf(part);
  if (groups.length === 0) return undefined;
  const { study, committed, own } = part;
  const has = { paper: study.paper.length > 0, committed: committed.length > 0, own: own.length > 0 };
  const wide = 2 + (has.paper ? 1 : 0) + (has.committed ? 2 : 0) + (has.own ? 2 : 0);
  const title = (name: string, results: readonly StudyResult[]) =>
    html`<th scope="col" class="number" colspan="2">
      ${name}<br /><span class="spread">${seedsOf(results)}</span>
    </th>`;
  const body = groups.map(({ metric, rows }) => {
    const digits = digitsFor(rows.flatMap((row) => [...row.committed, ...row.own]));
    const cells = rows.map(
      (row) =>
        html`<tr>
          <th scope="row">${row.arm}</th>
          ${has.paper ? paperCell(row.paper) : undefined}${has.committed ? seedCells(row.committed, digits) : undefined}${has.own ? seedCells(row.own, digits) : undefined}
        </tr> `,
    );
    return html`<tbody>
      <tr class="group">
        <th scope="rowgroup" colspan="${wide}">${metric}</th>
      </tr>
      ${cells}
    </tbody> `;
  });
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col"></th>
          ${has.paper ? html`<th scope="col" class="number">Paper</th>` : undefined}${has.committed ? title('Committed', committed) : undefined}${has.own ? title('Yours', own) : undefined}
        </tr>
      </thead>
      ${body}
    </table>
  </div> `;
}

const MISSING = html`<td class="number quiet">–</td>`;

const paperCell = (value: number | undefined) =>
  value === undefined ? MISSING : html`<td class="number">${asPrinted(value)}</td>`;

/** Mean, and standard deviation over seeds where there are several. */
function seedCells(values: readonly number[], digits: number): Html {
  if (values.length === 0)
    return html`${MISSING}
      <td></td>`;
  const spread =
    values.length > 1 ? html`<span class="spread">± ${fixed(sd(values), digits)}</span>` : undefined;
  return html`<td class="number mean">${fixed(mean(values), digits)}</td>
    <td class="sd">${spread}</td>`;
}
