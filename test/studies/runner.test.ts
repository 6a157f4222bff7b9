/** What is run, in which order, and what becomes of it; the workers here measure nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { inputsHash, readResult, type StudyResult } from '../../packages/core/src/studies';
import { fake } from './fakes';
import { newFolder, resultFile, runFakes } from './support';

const worker = { file: join(import.meta.dirname, 'plainWorker.cjs'), execArgv: [] };

beforeAll(() => {
  process.env.PLAIN_INPUTS = inputsHash(fake('one'), 'smoke');
});

test('all studies of a seed, then of the next; the report each time; a second call measures nothing', async () => {
  const runsDir = newFolder();
  const counts: number[] = [];
  const options = { seeds: [0, 1], worker };
  const onResults = (results: StudyResult[]) => void counts.push(results.length);
  const { done, told } = runFakes(['one', 'two'], runsDir, { ...options, onResults });
  const { results, failures, interrupted } = await done;
  expect({ failures, interrupted }).toEqual({ failures: [], interrupted: false });
  expect(told('started', 'done')).toEqual([
    ...['started one 0', 'done one 0', 'started two 0', 'done two 0'],
    ...['started one 1', 'done one 1', 'started two 1', 'done two 1'],
  ]);
  expect(counts).toEqual([0, 1, 2, 3, 4]);
  expect(results[2]).toEqual(readResult(resultFile(runsDir, 'one', 1)));

  const again = runFakes(['one', 'two'], runsDir, options);
  expect((await again.done).results).toEqual(results);
  expect(again.told('started', 'found')).toEqual([
    'found one 0',
    'found two 0',
    'found one 1',
    'found two 1',
  ]);
});

test('two jobs take different seeds as long as there are some', async () => {
  const { done, told } = runFakes(['one', 'two'], newFolder(), { seeds: [0, 1], jobs: 2, worker });
  expect((await done).results).toHaveLength(4);
  expect(told('started').slice(0, 2)).toEqual(['started one 0', 'started one 1']);
});

test('what is broken, of other inputs or short of what claims are about is measured again', async () => {
  const runsDir = newFolder();
  const options = { seeds: [0, 1, 2, 3], worker };
  await runFakes(['one'], runsDir, options).done;
  const [broken, stale, short] = [0, 1, 2].map((seed) => resultFile(runsDir, 'one', seed));
  const change = (path: string, changes: object) =>
    writeFileSync(path, JSON.stringify({ ...readResult(path), ...changes }));
  writeFileSync(broken, readFileSync(broken, 'utf8').slice(0, -20));
  change(stale, { inputs: 'others' });
  change(short, { measurements: readResult(short).measurements.slice(0, 1) });
  const { done, told, notes } = runFakes(['one'], runsDir, options);
  const { results } = await done;
  expect(told('done', 'found')).toEqual(['found one 3', 'done one 0', 'done one 1', 'done one 2']);
  expect(results.map(({ measurements }) => measurements[0].value)).toEqual([2, 3, 4, 5]);
  expect(notes()).toEqual([
    expect.stringMatching(/seed-0\.json is not JSON.*: measured again/),
    expect.stringMatching(/seed-1\.json was made with other settings or towers: measured again/),
    expect.stringMatching(/seed-2\.json lacks fit of "untrained": measured again/),
  ]);
});

test('a study that fails, or dies, keeps no other from running', async () => {
  const { results, failures } = await runFakes(['wrong', 'dying', 'one'], newFolder(), { worker }).done;
  expect(results.map(({ study }) => study)).toEqual(['one']);
  expect(failures).toEqual([
    { study: 'wrong', seed: 0, message: 'no such thing', hint: 'Find it.' },
    {
      study: 'dying',
      seed: 0,
      message: expect.stringMatching(/ended with exit code 7\nlast words/) as string,
    },
  ]);
});

test('if the report cannot be written, the call says so', async () => {
  const onResults = (results: StudyResult[]) => {
    if (results.length > 0) throw new Error('disk full');
  };
  const { done, told } = runFakes(['one', 'two'], newFolder(), { onResults, worker });
  await expect(done).rejects.toThrow('disk full');
  expect(told('started')).toEqual(['started one 0']);
});
