/** A table of the paper beside ours, as Markdown: each cell `ours (paper)`. */
import type { FilledCell, FilledTable } from '../../studies';

/** What a state is called. */
export const STATES: Record<NonNullable<FilledCell['state']>, string> = {
  server: 'from the server',
  missing: 'missing',
  failed: 'failed',
  'no such score': 'not measured',
};

/** As many digits as the paper prints, one where it prints none. */
export function numberText(value: number, paper?: number): string {
  if (value >= 1000) return value.toLocaleString('en', { maximumFractionDigits: 0 });
  const printed = paper === undefined ? 1 : (String(paper).split('.')[1]?.length ?? 0);
  return value.toFixed(Math.max(1, printed));
}

export const paperText = (paper: number): string =>
  paper >= 1000 ? paper.toLocaleString('en') : String(paper);

/** Ours as text; undefined where the row is another model's. */
export function oursText({ ours, state, paper }: FilledCell): string | undefined {
  if (ours !== undefined) return numberText(ours, paper);
  return state && STATES[state];
}

export function markdownOf({
  title,
  source,
  columns,
  rows,
  notes,
  missing,
  failures,
  limit,
}: FilledTable): string {
  const cell = (filled: FilledCell | undefined) => {
    if (!filled) return '–';
    const ours = oursText(filled);
    const linked = ours && filled.results ? `[${ours}](${filled.results}/)` : ours;
    const paper = filled.paper === undefined ? undefined : paperText(filled.paper);
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
      ({ name, cells }) => `| ${name} | ${columns.map((column) => cell(cells[column])).join(' | ')} |`,
    ),
    ...notes.flatMap((note) => ['', note]),
    ...(missing.length === 0 ? [] : ['', '## Missing', '']),
    ...missing.map(({ what, why, how }) => `- **${what}**: ${why}. ${how.replaceAll('\n', '\n  ')}`),
    ...(failures.length === 0 ? [] : ['', '## Failed', '', ...failures.map((failure) => `- ${failure}`)]),
    '',
  ].join('\n');
}
