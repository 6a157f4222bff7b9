/**
 * Long tests of what must not break: `npm run soak -- kills|fuzz [--reduced] [--json] [--seed N]`. Progress goes to standard
 * error, the report to standard output; exit code 1 if something broke.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz';
import { kills } from './kills';

/** What a soak test found; `ok`: nothing broke. */
export interface SoakReport {
  name: string;
  ok: boolean;
  seconds: number;
  [figure: string]: unknown;
}

/** How a soak test is run. */
export interface SoakOptions {
  /** A tenth of the work, for CI. */
  reduced: boolean;
  seed: number;
  note: (message: string) => void;
}

const TESTS: Record<string, (options: SoakOptions) => Promise<Omit<SoakReport, 'name' | 'seconds'>>> = {
  kills,
  fuzz,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      reduced: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const unknown = positionals.filter((name) => !(name in TESTS));
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
    const found = await TESTS[name]({ reduced: values.reduced, seed: Number(values.seed), note });
    reports.push({ name, ...found, seconds: Math.round((performance.now() - start) / 1000) } as SoakReport);
  }
  console.log(
    values.json ? JSON.stringify(reports) : reports.map((one) => JSON.stringify(one, null, 2)).join('\n'),
  );
  process.exitCode = reports.every(({ ok }) => ok) ? 0 : 1;
}

void main();
