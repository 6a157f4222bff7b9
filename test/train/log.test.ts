import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JsonlLog, readLog } from '../../packages/core/src/train';

const path = join(mkdtempSync(join(tmpdir(), 'blip2-log-')), 'log.jsonl');
const entry = (step: number) => ({
  step,
  loss: step / 2,
  itc: 0.1,
  learningRate: 1e-3,
  samplesPerSecond: 800,
});

test('one object per line, appended', () => {
  const log = new JsonlLog(path, 0);
  log.append(entry(0));
  log.append({ ...entry(1), evaluation: { recall: 0.5 } });
  log.flush();
  log.close();
  expect(readFileSync(path, 'utf8').split('\n')).toEqual([
    '{"step":0,"loss":0,"itc":0.1,"learningRate":0.001,"samplesPerSecond":800}',
    '{"step":1,"loss":0.5,"itc":0.1,"learningRate":0.001,"samplesPerSecond":800,"evaluation":{"recall":0.5}}',
    '',
  ]);
});

test('a line cut short by a crash is left out, and cut off when the log goes on', () => {
  appendFileSync(path, '{"step":2,"lo');
  expect(readLog(path)).toHaveLength(2);
  const log = new JsonlLog(path, 1);
  log.append(entry(1));
  log.close();
  expect(readLog(path)).toEqual([entry(0), entry(1)]);
});

test('a damaged line is named; no file is an empty log', () => {
  appendFileSync(path, 'oops\n');
  expect(() => readLog(path)).toThrow(/log\.jsonl line 3 is not JSON/);
  expect(readLog('/nowhere/log.jsonl')).toEqual([]);
});
