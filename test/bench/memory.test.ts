/** The memory that the bench says is a process's own. */
import { expect, test } from 'vitest';
import { resident } from '../../bench/memory';
import { Worker } from '../../bench/worker';

const MB = 2 ** 20;
const isLinux = process.platform === 'linux';
/** Says what the protocol wants: that it is ready, and at each further line that it ran. */
const TALK = (body: string) =>
  `const say = (x) => console.log(JSON.stringify(x)); say({ ready: true });
  const held = [];
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'quit') process.exit(0);
    ${body}
  });`;

const started = async (body: string) => {
  const worker = new Worker('a test', process.execPath, ['-e', TALK(body)]);
  await worker.ready();
  return worker;
};

test.runIf(isLinux)('what is mapped is not its own, what is written is', () => {
  const before = resident(process.pid)!;
  const kept = Buffer.alloc(64 * MB, 1);
  const after = resident(process.pid)!;
  expect(after.own - before.own).toBeGreaterThan(32 * MB);
  expect(kept[0]).toBe(1);
  expect(after.file).toBeGreaterThan(10 * MB); // Node itself
});

test('of a process that has ended, nothing is said', () => {
  expect(resident(2 ** 22 + 1)).toBeUndefined();
});

test.runIf(isLinux)('the peak is that of the one that holds most, be it one that it started', async () => {
  const small = await started('say({ times: [1], peakMemory: 1 });');
  const { ownMemory: least } = await small.run(1);
  await small.stop();
  const itself = await started(
    `held.push(Buffer.alloc(128 * ${MB}, 1)); say({ times: [1], peakMemory: 1 });`,
  );
  const { ownMemory } = await itself.run(1);
  expect(ownMemory! - least!).toBeGreaterThan(100 * MB);
  await itself.stop();
  const child = `const held = Buffer.alloc(128 * ${MB}, 1); console.log('held'); setInterval(() => held, 1000);`;
  const parent = await started(
    `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]);
    child.stdout.once('data', () => say({ times: [1], peakMemory: 1 }));
    process.on('exit', () => child.kill());`,
  );
  const { ownMemory: ofChild } = await parent.run(1);
  expect(ofChild! - least!).toBeGreaterThan(100 * MB);
  await parent.stop();
});
