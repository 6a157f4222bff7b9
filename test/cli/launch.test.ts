/** `blip2 launch`: processes that know of each other, and how they end. Nothing here needs TensorFlow. */
import { describe, expect, test } from 'vitest';
import { blip2 } from './run';

/** Runs JavaScript as three workers; `me` is the number of the worker. */
const launch = (script: string) => {
  const start = 'const { cluster, task } = JSON.parse(process.env.TF_CONFIG); const me = task.index;';
  return blip2('launch', '--workers', '3', '--', process.execPath, '-e', start + script);
};

describe('blip2 launch', () => {
  test('each worker knows who it is; what the first prints is printed', async () => {
    const script =
      'console.log(JSON.stringify({ me, type: task.type, workers: new Set(cluster.worker).size }));';
    const { code, stdout, stderr } = await launch(script);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ me: 0, type: 'worker', workers: 3 });
    expect(stderr).toBe('TensorFlow not loaded\n');
  });

  test('one fails: its lines with its name, the others are ended, its exit code', async () => {
    const script =
      "if (me === 1) { console.error('no\\nway'); process.exit(7); } setInterval(() => {}, 1000);";
    const { code, stderr } = await launch(script);
    expect(code).toBe(7);
    expect(stderr).toContain('[worker 1] no\n[worker 1] way\n');
    expect(stderr).not.toContain('[worker 2]');
  });

  test('wrong usage', async () => {
    expect((await blip2('launch', '--workers', '0', '--', 'true')).code).toBe(2);
    expect((await blip2('launch', '--workers', '2')).code).toBe(2);
    expect((await blip2('launch', '--workers', '2', '--', 'no-such-program')).code).toBe(1);
  });
});
