/** Training by several workers: the gradients of one, the values of one, whatever happens to a worker. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLog, train } from '../../packages/core/src/train';
import { asWorkers } from '../support/workers';
import { smallStage1 } from './smallStage1';

const script = (name: string) => join(import.meta.dirname, name);
const folder = () => mkdtempSync(join(tmpdir(), 'blip2-distributed-'));

describe('N workers with B / N rows each have the gradients of one with B', () => {
  test.each([2, 3])('%i workers', { timeout: 900_000 }, async (count) => {
    const [first, ...others] = await asWorkers(count, script('distributedWorker.ts'));
    expect(others.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      others.map(() => ({ code: 0, stderr: '' })),
    );
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const differences = JSON.parse(first.stdout) as Record<string, [parameter: string, ratio: number]>;
    expect(Object.keys(differences)).toHaveLength(16);
    for (const [name, [parameter, ratio]] of Object.entries(differences)) {
      expect(ratio, `${name}: ${parameter}`).toBeLessThan(1e-5);
    }
  });
});

interface Report {
  step: number;
  losses: number[];
  weights: string;
}

test(
  'a run goes on with 2, 1 and 3 workers; stops where one is asked to, ends where one is lost',
  { timeout: 900_000 },
  async () => {
    const runsDir = folder();
    const alone = { runsDir, progress: false as const };
    const whole = await train(smallStage1(), { ...alone, out: join(folder(), 'whole') });

    const out = join(folder(), 'run');
    // Worker 1 is asked to stop: both do, after the same step, with the same weights.
    const two = await asWorkers(2, script('distributedRun.ts'), out, 'stop', '1', '1');
    expect(two.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      two.map(() => ({ code: 0, stderr: '' })),
    );
    const reports = two.map(({ stdout }) => JSON.parse(stdout) as Report);
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[0].step).toBe(2);

    const abort = new AbortController();
    const one = await train(smallStage1(), {
      ...alone,
      out,
      resume: true,
      signal: abort.signal,
      onStep: ({ step }) => void (step === 3 && abort.abort()),
    });
    expect(one).toMatchObject({ step: 4, interrupted: true });

    const three = await asWorkers(3, script('distributedRun.ts'), out, 'die', '2', '5');
    expect(three[2].signal).toBe('SIGKILL');
    // Worker 1 may hear first of worker 0, which ended because of worker 2.
    for (const { code, stderr } of three.slice(0, 2)) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/^(A worker|Worker [02] \(127\.0\.0\.1:\d+\)) is gone[^]*--resume/);
    }

    // What was done until then is saved.
    expect(existsSync(join(out, 'checkpoints', 'step-6', 'manifest.json'))).toBe(true);
    const last = await train(smallStage1(), { ...alone, out, resume: true });
    expect(last.step).toBe(8);
    const log = readLog(join(out, 'log.jsonl'));
    expect(log).toHaveLength(8);
    for (const [step, { loss, itc, itm, itg, gradientNorm }] of log.entries()) {
      const expected = whole.log[step];
      const found: Record<string, unknown> = { loss, itc, itm, itg, gradientNorm };
      for (const [name, value] of Object.entries(found)) {
        expect(
          Math.abs((value as number) / (expected[name] as number) - 1),
          `${name}, step ${step}`,
        ).toBeLessThan(1e-4);
      }
    }
  },
);
