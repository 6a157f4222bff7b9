/** A run's `log.jsonl`: one JSON object per step, read while it is written. */

/** One step: what was measured, by name. */
export interface LogEntry {
  step: number;
  values: Record<string, number>;
}

/** The curve of one measure. */
export interface Curve {
  x: number[];
  y: number[];
  /** Steps behind each point. */
  perPoint: number;
}

/** Of a curve: single steps are noise, so each point is the mean of as many as it takes. */
const POINTS = 250;

/** What a log can hold of nested objects, as an evaluation writes them. */
const DEEPEST = 2;

/** All whole lines. One that is no step, such as the last while it is being written, is left out. */
export function readLog(text: string): LogEntry[] {
  return text.split('\n').flatMap((line) => {
    const entry = parse(line);
    return entry && Number.isFinite(entry.step) ? [{ step: Number(entry.step), values: flat(entry) }] : [];
  });
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry ? (entry as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `{ validation: { recall: 1 } }` → `{ 'validation.recall': 1 }` */
function flat(entry: Record<string, unknown>, prefix = '', depth = 1): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value === 'number' && prefix + key !== 'step') values[prefix + key] = value;
    else if (typeof value === 'object' && value && depth < DEEPEST) {
      Object.assign(values, flat(value as Record<string, unknown>, `${prefix}${key}.`, depth + 1));
    }
  }
  return values;
}

/** Names of all that was measured in any of the logs; `loss` first. */
export function measures(logs: readonly (readonly LogEntry[])[]): string[] {
  const names = new Set(logs.flatMap((log) => log.flatMap(({ values }) => Object.keys(values))));
  return [...names].sort((a, b) => Number(b === 'loss') - Number(a === 'loss') || a.localeCompare(b));
}

/** The curve of one measure; steps without it, as between evaluations, have no point. */
export function curveOf(log: readonly LogEntry[], measure: string, points = POINTS): Curve {
  const found = log.filter(({ values }) => measure in values);
  const perPoint = Math.max(1, Math.ceil(found.length / points));
  const curve: Curve = { x: [], y: [], perPoint };
  for (let start = 0; start < found.length; start += perPoint) {
    const window = found.slice(start, start + perPoint);
    curve.x.push(window[window.length - 1].step + 1);
    curve.y.push(window.reduce((sum, { values }) => sum + values[measure], 0) / window.length);
  }
  return curve;
}
