/** Figure 5 and the captions after stage 2, run through at the smallest scale. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Context } from '../../packages/core/src/studies/context';
import { figure5 } from '../../packages/core/src/studies/figure5';
import { readResults } from '../../packages/core/src/studies/results';
import { stage2Study } from '../../packages/core/src/studies/stage2';
import { judge, neededBy, valueOf } from '../../packages/core/src/studies/statistics';
import { randomOpt, randomT5 } from '../recipes/language';
import { randomTower, smallShapes } from '../recipes/tower';

const data = {
  ...smallShapes(),
  visionDir: randomTower().dir,
  languageDirs: { opt: randomOpt().dir, t5: randomT5().dir },
};
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-figure5-'));
const notes: string[] = [];
const context = new Context({
  seed: 0,
  scale: 'smoke',
  data,
  runsDir,
  progress: false,
  note: (message) => notes.push(message),
});

test('all that figure 5 claims is measured, and its curves', async () => {
  const measurements = await figure5.measure(context);
  for (const { arm, metric } of figure5.claims.flatMap(neededBy)) {
    expect(valueOf(measurements, arm, metric), arm).toBeDefined();
  }
  const curve = measurements.filter(({ arm, step }) => arm === 'FlanT5, without stage 1' && step);
  expect(curve).toHaveLength(2);
  expect(curve.at(-1)!.step).toBe(20);
  const keys = measurements.map(({ arm, metric, step }) => `${arm} ${metric} ${step}`);
  expect(new Set(keys).size).toBe(keys.length);

  // The peak is a point of the curve, and the highest.
  const long = measurements.filter(({ metric }) => metric === 'VQA accuracy of a long run (validation)');
  const highest = Math.max(...long.map(({ value }) => value));
  const peak = valueOf(measurements, 'OPT without stage 1, at its peak', 'steps');
  expect(long.find(({ value }) => value === highest)!.step).toBe(peak);
}, 300_000);

test('forgetting is not judged by committed runs that end soon after their peak', () => {
  const committed = readResults(join(import.meta.dirname, '../../docs/results')).filter(
    ({ study }) => study === 'figure5',
  );
  const stepsOf = (at: 'at its peak' | 'at the end') =>
    committed.map(({ measurements }) => valueOf(measurements, `OPT without stage 1, ${at}`, 'steps')!);
  const peaks = stepsOf('at its peak');
  const short = stepsOf('at the end').filter((end, i) => end < 3 * peaks[i]);
  const finding = judge(figure5.claims.at(-1)!, committed);
  expect(finding.unfit).toBe(short.length);
  expect(finding.verdict === 'cannot tell').toBe(short.length > 0);
});

test('captions are held against their pictures', async () => {
  const measurements = await stage2Study.measure(context);
  for (const { value } of measurements) expect(value).toBeGreaterThanOrEqual(0);
  const metrics = measurements.filter(({ arm }) => arm === 'OPT').map(({ metric }) => metric);
  expect(metrics).toEqual(['captions right', 'in the form of a caption', 'CIDEr']);
}, 300_000);
