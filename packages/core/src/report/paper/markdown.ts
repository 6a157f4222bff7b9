/** A table of the paper beside ours, as Markdown: each cell `ours (paper)`. */
import type { FilledCell, FilledTable } from '../../studies';

/** What a state is called. */
export const STATES: Record<NonNullable<FilledCell['state']>, string> = {
  server: 'from the server',
  missing: 'missing',
  failed: 'failed',
  'no such score': 'not measured',
};

/** Decimals of a number as it is written. */
const decimals = (value: number): number => String(value).split('.')[1]?.length ?? 0;

/** Decimals that a column of scores has in the paper, where 65.0 is no 65; undefined of one that is counted. */
export function decimalsOf({ rows }: FilledTable, column: string): number | undefined {
  const cells = rows.flatMap((row) => row.cells[column] ?? []);
  const isMeasured = cells.some(({ state, results }) => state !== undefined || results !== undefined);
  return isMeasured ? Math.max(1, ...cells.map(({ paper = 0 }) => decimals(paper))) : undefined;
}

/** The paper's number as it is printed there. */
export function paperText(paper: number, digits?: number): string {
  if (paper >= 1000) return paper.toLocaleString('en');
  return digits === undefined ? String(paper) : paper.toFixed(digits);
}

/** Ours as text; undefined where the row is another model's. */
export function oursText({ ours, state, paper }: FilledCell, digits?: number): string | undefined {
  if (ours === undefined) return state && STATES[state];
  if (ours >= 1000) return ours.toLocaleString('en', { maximumFractionDigits: 0 });
  return ours.toFixed(digits ?? Math.max(1, decimals(paper ?? 0)));
}

/** The table, what it needs that is not there, what failed. */
export function markdownOf(table: FilledTable): string {
  const { title, source, columns, rows, notes, missing, failures, limit } = table;
  const cell = (filled: FilledCell | undefined, column: string) => {
    if (!filled) return '–';
    const digits = decimalsOf(table, column);
    const ours = oursText(filled, digits);
    const linked = ours && filled.results ? `[${ours}](${filled.results}/)` : ours;
    const paper = filled.paper === undefined ? undefined : paperText(filled.paper, digits);
    return linked ? `${linked}${paper === undefined ? '' : ` (${paper})`}` : (paper ?? '–');
  };
  return [
    `# ${title}`,
    '',
    `The paper’s ${source}. Of BLIP-2: ours, with the paper’s number in brackets; of other models the paper’s.`,
    ...(limit === undefined ? [] : ['', `Only the first ${limit} pictures of each set: not to be compared.`]),
    '',
    `| | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---:|').join('')}`,
    ...rows.map(
      ({ name, cells }) =>
        `| ${name} | ${columns.map((column) => cell(cells[column], column)).join(' | ')} |`,
    ),
    ...notes.flatMap((note) => ['', note]),
    ...(missing.length === 0 ? [] : ['', '## Missing', '']),
    ...missing.map(({ what, why, how }) => `- **${what}**: ${why}. ${how.replaceAll('\n', '\n  ')}`),
    ...(failures.length === 0 ? [] : ['', '## Failed', '', ...failures.map((failure) => `- ${failure}`)]),
    '',
  ].join('\n');
}
