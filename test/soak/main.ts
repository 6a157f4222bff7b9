/**
 * Long tests of what must not break: `npm run soak -- kills|fuzz|loader|workers [--reduced] [--count N] [--json] [--seed N]`.
 * Progress goes to standard error, the report to standard output; exit code 1 if something broke. docs/training.md says
 * what each does.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz';
import { kills } from './kills';
import { loader } from './loader';
import { workers } from './workers';

/** What a soak test found; `ok`: nothing broke. */
export interface SoakReport {
  name: string;
  ok: boolean;
  seconds: number;
  [figure: string]: unknown;
}

/** How a soak test is run. */
export interface SoakOptions {
  /** A tenth of the work, or less. */
  reduced: boolean;
  /** Kills, damaged files of each kind, samples, lost workers; each test has its own unless given. */
  count?: number;
  seed: number;
  note: (message: string) => void;
}

const TESTS: Record<string, (options: SoakOptions) => Promise<Omit<SoakReport, 'name' | 'seconds'>>> = {
  kills,
  fuzz,
  loader,
  workers,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      reduced: { type: 'boolean', default: false },
      count: { type: 'string' },
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const unknown = positionals.filter((name) => !(name in TESTS));
  const count = values.count === undefined ? undefined : Number(values.count);
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
    console.error(`--count ${values.count} is no number of things to do`);
    process.exitCode = 2;
    return;
  }
  if (unknown.length > 0 || positionals.length === 0) {
    console.error(
      `${unknown.length > 0 ? `No soak test ${unknown.join(', ')}` : 'Which one'}: ${Object.keys(TESTS).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const reports: SoakReport[] = [];
  for (const name of positionals) {
    const start = performance.now();
    const note = (message: string) => console.error(`${name}: ${message}`);
    const found = await TESTS[name]({ reduced: values.reduced, count, seed: Number(values.seed), note });
    reports.push({ name, ...found, seconds: Math.round((performance.now() - start) / 1000) } as SoakReport);
  }
  console.log(
    values.json ? JSON.stringify(reports) : reports.map((one) => JSON.stringify(one, null, 2)).join('\n'),
  );
  process.exitCode = reports.every(({ ok }) => ok) ? 0 : 1;
}

void main();
