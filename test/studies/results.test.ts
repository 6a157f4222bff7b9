/** Results on disk. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  inputsHash,
  readOwnResults,
  readResult,
  readResults,
  resultsDir,
  writeResult,
  type StudyResult,
} from '../../packages/core/src/studies';
import { upToDate } from '../../packages/core/src/studies/measure';
import { fake } from './fakes';
import { newFolder } from './support';

const RESULT: StudyResult = {
  ...{
    study: 'one',
    seed: 3,
    scale: 'full',
    inputs: 'abc',
    command: 'npx blip2',
    seconds: 1.5,
    finished: '',
  },
  measurements: [
    { arm: 'a', metric: 'loss', value: 0.5 },
    { arm: 'a', metric: 'loss', value: 0.75, step: 10 },
  ],
  runs: [{ name: 'tiny', hash: 'def', dir: 'runs/tiny', steps: 6, batchSize: 4, learningRate: 0.05 }],
  environment: { blip2: '0.1.0', node: '20', tensorflow: '2.21.0', cpu: 'x', features: ['AVX2'], threads: 2 },
};

test('what was written is read back, from a folder by study and seed', () => {
  const dir = newFolder();
  const path = writeResult(dir, RESULT);
  expect(path).toBe(join(dir, 'one', 'seed-3.json'));
  expect(readResult(path)).toEqual(RESULT);
  writeResult(dir, { ...RESULT, seed: 10 });
  writeResult(dir, { ...RESULT, study: 'another' });
  writeFileSync(join(dir, 'one', 'notes.txt'), 'mine');
  mkdirSync(join(dir, 'empty'));
  expect(readResults(dir).map(({ study, seed }) => `${study} ${seed}`)).toEqual([
    'another 3',
    'one 3',
    'one 10',
  ]);
  expect(readResults(join(dir, 'nowhere'))).toEqual([]);
});

test('one’s own are those of all scales, the largest first', () => {
  const runsDir = newFolder();
  for (const scale of ['short', 'full'] as const) {
    writeResult(resultsDir(runsDir, scale), { ...RESULT, scale });
  }
  expect(readOwnResults(runsDir).map(({ scale }) => scale)).toEqual(['full', 'short']);
});

test.each<[string, (text: string) => string, RegExp]>([
  ['cut short', (text) => text.slice(0, 100), /seed-3\.json is not JSON/],
  ['with a value that is none', (text) => text.replace('0.5', '"half"'), /measurements\[0\]\.value/],
  ['of an unknown scale', (text) => text.replace('"full"', '"huge"'), /seed-3\.json: scale: /],
  ['without its runs', (text) => text.replace('"runs"', '"walks"'), /seed-3\.json: runs: /],
])('a file %s is named, and the key', (_, damage, message) => {
  const path = writeResult(newFolder(), RESULT);
  writeFileSync(path, damage(readFileSync(path, 'utf8')));
  expect(() => readResult(path)).toThrow(message);
  const dir = join(path, '..', '..');
  expect(() => readResults(dir)).toThrow(message);
  const broken: string[] = [];
  writeResult(dir, { ...RESULT, seed: 4 });
  expect(readResults(dir, ({ message: text }) => broken.push(text)).map(({ seed }) => seed)).toEqual([4]);
  expect(broken).toEqual([expect.stringMatching(message)]);
});

test('a number that is none, or one measured twice, is not written', () => {
  const [first] = RESULT.measurements;
  const write = (...more: StudyResult['measurements']) =>
    writeResult(newFolder(), { ...RESULT, measurements: [first, ...more] });
  expect(() => write({ ...first, step: 3, value: NaN })).toThrow('Study one, seed 3: a, loss, step 3 is NaN');
  expect(() => write(first)).toThrow('Study one, seed 3: a, loss was measured twice');
});

test('what takes long may be missing in a first look', () => {
  const runsDir = newFolder();
  const study = fake('one');
  const slow = { ...study, claims: study.claims.map((claim) => ({ ...claim, takesLong: true as const })) };
  const notes: string[] = [];
  for (const scale of ['short', 'full'] as const) {
    writeResult(resultsDir(runsDir, scale), { ...RESULT, scale, inputs: inputsHash(study, scale) });
  }
  const found = (one: typeof study, scale: 'short' | 'full') =>
    upToDate(one, { seed: 3, scale, runsDir, note: (note) => notes.push(note) }) !== undefined;
  expect([found(slow, 'short'), found(slow, 'full'), found(study, 'short')]).toEqual([true, false, false]);
  expect(notes).toHaveLength(2);
});
