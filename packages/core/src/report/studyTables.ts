/** What a study found, as tables for a notebook: its claims, and its arms. The report has both in full. */
import { table, type View } from '../notebook';
import { judge, mean, sd, valueOf, type Study, type StudyResult } from '../studies';
import { digitsForInterval, fixed, signed } from './numbers';

const NONE = '–';

/** A row per claim: over how many seeds, the mean paired difference with its 95% t-interval, whether it holds. */
export function findingsTable(
  { claims }: Pick<Study, 'claims'>,
  results: readonly Pick<StudyResult, 'measurements'>[],
): View {
  const rows = claims.map((claim) => {
    const { n, mean: difference, low, high, verdict } = judge(claim, results);
    const ends = low === null || high === null ? [] : [low, high];
    const digits = digitsForInterval(1, ends);
    const interval = ends.map((end) => signed(end, digits)).join(' to ') || NONE;
    return [claim.text, n, difference === null ? NONE : signed(difference, digits), interval, verdict];
  });
  return table({ columns: ['claim', 'seeds', 'difference', '95% interval', ''], values: rows });
}

/** A row per arm that has any of the metrics, a column per metric: mean ± standard deviation over seeds. */
export function armsTable(
  results: readonly Pick<StudyResult, 'measurements'>[],
  metrics: readonly string[],
): View {
  const measured = results.flatMap(({ measurements }) => measurements);
  const arms = new Set(measured.filter(({ metric }) => metrics.includes(metric)).map(({ arm }) => arm));
  const cell = (arm: string, metric: string) => {
    const values = results.flatMap(({ measurements }) => valueOf(measurements, arm, metric) ?? []);
    if (values.length === 0) return NONE;
    return fixed(mean(values), 1) + (values.length > 1 ? ` ± ${fixed(sd(values), 1)}` : '');
  };
  const values = [...arms].map((arm) => [arm, ...metrics.map((metric) => cell(arm, metric))]);
  return table({ columns: ['arm', ...metrics], values });
}
