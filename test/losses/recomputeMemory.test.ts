/** What recomputation is for: the peak memory of a deep stack, measured in processes of their own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, 'recomputeMemory.ts');
const measured = (on: boolean) =>
  JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script, String(on)]).toString()) as {
    loss: number;
    peak: number;
  };

test.runIf(process.platform === 'linux')(
  'less than half of the memory, the same loss',
  () => {
    const [kept, again] = [measured(false), measured(true)];
    expect(again.loss).toBe(kept.loss);
    expect(again.peak).toBeLessThan(kept.peak / 2);
  },
  600_000,
);
