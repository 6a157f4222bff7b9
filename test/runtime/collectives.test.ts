/** Several processes as one TensorFlow cluster, and the TF_CONFIG that makes them one. */
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readCluster } from '../../packages/core/src/runtime';
import { bytesField, numberField, serverDef } from '../../packages/core/src/runtime/clusterProto';
import { asWorkers } from '../support/workers';

it('two processes sum and gather, eagerly and compiled, with gradients: both have the same', async () => {
  const outcomes = await asWorkers(2, join(import.meta.dirname, 'collectiveWorker.ts'));
  const expected = {
    eager: [[3, 30]],
    sum: [[6, 60]],
    rows: [
      [2, 20],
      [4, 40],
    ],
    sums: [[[6, 60]], [[3, 30]]],
    ints: [16_777_214, 16_777_213],
    stopped: [[0, 0]],
    attached: [[3, 3]], // 1 from one worker, 2 from the other
  };
  for (const { code, stdout, stderr } of outcomes) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(expected);
  }
});

describe('TF_CONFIG', () => {
  const config = (task: object, cluster: object = { worker: ['a:1', 'b:2'] }) =>
    JSON.stringify({ cluster, task });

  test('workers, and a chief before them', () => {
    expect(readCluster(config({ type: 'worker', index: 1 }))).toMatchObject({ index: 1, count: 2 });
    const cluster = { ps: ['p:9'], worker: ['a:1', 'b:2'], chief: ['c:3'] };
    const found = readCluster(config({ type: 'worker', index: '1' }, cluster));
    expect(found).toMatchObject({ index: 2, addresses: ['c:3', 'a:1', 'b:2'] });
    expect(readCluster(config({ type: 'chief', index: 0 }, cluster))).toMatchObject({ index: 0, count: 3 });
  });

  test('one process is no cluster', () => {
    for (const text of [undefined, '', '{}', config({ type: 'worker', index: 0 }, { worker: ['a:1'] })])
      expect(readCluster(text)).toBeUndefined();
  });

  test.each([
    ['{', /not JSON/],
    [config({ type: 'ps', index: 0 }, { ps: ['a:1'], worker: ['b:2'] }), /task.type is "ps"/],
    [config({ type: 'worker', index: 2 }), /task.index is 2, and cluster.worker has 2/],
    [config({ type: 'worker', index: 0 }, { worker: ['a', 'b:2'] }), /cluster.worker.0: should be host:port/],
    [config({ type: 'worker' }), /task.index/],
  ])('%s is refused', (text, message) => {
    expect(() => readCluster(text)).toThrow(message);
  });
});

describe('ServerDef', () => {
  test('numbers and lengths of several bytes', () => {
    expect([...numberField(16, 300)]).toEqual([0x80, 0x01, 0xac, 0x02]);
    const long = bytesField(1, 'x'.repeat(200));
    expect([...long.subarray(0, 3)]).toEqual([0x0a, 0xc8, 0x01]);
    expect(long).toHaveLength(203);
    expect([...bytesField(2, 'é')]).toEqual([0x12, 2, 0xc3, 0xa9]);
  });

  test('field by field', () => {
    const leader = '/job:worker/replica:0/task:0';
    const parts = [
      ...[
        [0x0a, 28],
        [0x0a, 26],
      ], // cluster, its one job
      ...[[0x0a, 6], 'worker', [0x12, 7, 0x08, 0, 0x12, 3], 'a:1', [0x12, 7, 0x08, 1, 0x12, 3], 'b:2'],
      ...[[0x12, 6], 'worker', [0x18, 1]], // who this is
      ...[[0x22, 33, 0x82, 0x01, 30, 0x0a, 28], leader], // default_session_config.experimental.collective_group_leader
      ...[[0x2a, 4], 'grpc'],
    ];
    const expected = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    expect(Buffer.from(serverDef(['a:1', 'b:2'], 1)).toString('hex')).toBe(expected.toString('hex'));
  });
});
