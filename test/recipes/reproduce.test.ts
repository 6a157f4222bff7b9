import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reproduceStage1 } from '../../packages/core/src/recipes';
import { randomTower, smallShapes } from './tower';

test('one run and four rows per seed, means over seeds; a second call takes the finished runs', async () => {
  const runsDir = mkdtempSync(join(tmpdir(), 'blip2-reproduce-'));
  const steps: number[] = [];
  const options = {
    tower: randomTower(),
    runsDir,
    steps: 3,
    warmupSteps: 1,
    progress: false as const,
    onStep: ({ step }: { step: number }) => void steps.push(step),
  };
  const result = await reproduceStage1(smallShapes(), [0, 1], options);
  expect(result.rows.map(({ seed, scores, direction }) => [seed, scores, direction])).toEqual(
    [0, 1].flatMap((seed) => [
      [seed, 'ITC', 'image→text'],
      [seed, 'ITC', 'text→image'],
      [seed, 'ITM', 'image→text'],
      [seed, 'ITM', 'text→image'],
    ]),
  );
  const [first, , , , second] = result.rows;
  expect(result.mean[0].r5).toBeCloseTo((first.r5 + second.r5) / 2, 10);
  expect(steps).toHaveLength(6);
  expect(result.interrupted).toBe(false);
  expect(await reproduceStage1(smallShapes(), [0, 1], options)).toEqual(result);
  expect(steps).toHaveLength(6);
});

test('a seed that was interrupted is no result', async () => {
  const options = {
    tower: randomTower(),
    runsDir: mkdtempSync(join(tmpdir(), 'blip2-reproduce-')),
    steps: 3,
    progress: false as const,
    signal: AbortSignal.abort(),
  };
  const result = await reproduceStage1(smallShapes(), [0, 1], options);
  expect(result).toEqual({ rows: [], mean: [], interrupted: true });
});
