/** Studies that train: stopped, killed, gone on with, two at a time. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readLog } from '../../packages/core/src/train';
import { newFolder, resultFile, runFakes } from './support';

const worker = { file: join(import.meta.dirname, 'worker.ts'), execArgv: ['--import', 'tsx'] };

const runFolders = (runsDir: string) =>
  readdirSync(runsDir).flatMap((name) => (name.startsWith('tiny-') ? join(runsDir, name) : []));
const stepsOf = (runsDir: string) => readLog(join(runFolders(runsDir)[0], 'log.jsonl')).length;

/** Until the run has begun and is a few steps old. */
async function untilTraining(runsDir: string): Promise<void> {
  while (runFolders(runsDir).length === 0 || stepsOf(runsDir) < 8) await setTimeout(5);
}

test('stopped after a step, saved; two jobs go on with the run that both need', async () => {
  const runsDir = newFolder();
  const controller = new AbortController();
  const first = runFakes(['one', 'two'], runsDir, { signal: controller.signal, worker });
  await untilTraining(runsDir);
  controller.abort();
  expect(await first.done).toEqual({ results: [], failures: [], interrupted: true });
  expect(first.told('started', 'stopped')).toEqual(['started one 0', 'stopped one 0']);
  const saved = stepsOf(runsDir);
  expect(saved).toBeLessThan(40);
  expect(readdirSync(join(runFolders(runsDir)[0], 'checkpoints'))).toContain(`step-${saved}`);

  const { done } = runFakes(['one', 'two'], runsDir, { jobs: 2, worker });
  const { results, failures } = await done;
  expect(failures).toEqual([]);
  expect(runFolders(runsDir)).toHaveLength(1);
  expect(stepsOf(runsDir)).toBe(40);
  const [one, two] = results;
  expect(one.measurements).toEqual(two.measurements);
  expect(one.runs).toEqual(two.runs);
  expect(one).toMatchObject({
    ...{ study: 'one', seed: 0, scale: 'smoke', command: 'npx blip2 reproduce one --seeds 1 --size smoke' },
    runs: [{ name: 'tiny', dir: runFolders(runsDir)[0], steps: 40, batchSize: 4, learningRate: 0.05 }],
    environment: { threads: 1, node: process.versions.node },
  });
});

test('a worker whose starter was killed saves and ends by itself', async () => {
  const runsDir = newFolder();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'parent.cjs'), worker.file, runsDir]);
  await untilTraining(runsDir);
  child.kill('SIGKILL');
  const [folder] = runFolders(runsDir);
  while (existsSync(join(folder, 'run.lock'))) await setTimeout(20);
  const saved = stepsOf(runsDir);
  expect(saved).toBeLessThan(40);
  expect(readdirSync(join(folder, 'checkpoints'))).toContain(`step-${saved}`);
  expect(existsSync(resultFile(runsDir, 'one'))).toBe(false);
});
