import { expect, test } from 'vitest';
import { clock, Progress } from '../../packages/core/src/train';

const entry = (step: number) => ({ step, loss: 1.5, itc: 0.25, learningRate: 1e-3, samplesPerSecond: 640.4 });

function watch(isTTY: boolean, times: number[], columns?: number): string[] {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  const progress = new Progress({ steps: 100, stream, interval: 10, now: () => now });
  times.forEach((time, step) => {
    now = time;
    progress.update(entry(step));
  });
  progress.end();
  return written;
}

test('clock', () => {
  expect([0, 9.6, 75, 3675].map(clock)).toEqual(['0:00', '0:10', '1:15', '1:01:15']);
});

test('plain lines every interval, with the time left', () => {
  const lines = watch(false, [0, 4, 8, 12]);
  expect(lines).toEqual([
    'step 1/100  loss 1.500  itc 0.250  640 img/s\n',
    'step 4/100  loss 1.500  itc 0.250  640 img/s  6:24 left\n',
  ]);
});

test('on a terminal the line is rewritten in place', () => {
  const lines = watch(true, [0, 1]);
  expect(lines[1]).toBe('\r\x1b[2Kstep 2/100  loss 1.500  itc 0.250  640 img/s  1:38 left');
  expect(lines.at(-1)).toBe('\n');
  expect(watch(true, [0], 20)[0]).toBe('\r\x1b[2Kstep 1/100  loss 1.');
});
