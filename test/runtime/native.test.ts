/** The binding's own additions: tensors mapped from files, raw bytes, and errors where a graph is misused. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HalfTensor, tf, type Tensor } from '../../packages/core/src/runtime';
import { DType, nativeBinding } from '../../packages/core/src/runtime/binding';
import { toTensor } from '../../packages/core/src/runtime/execute';
import '../support/allclose';

const binding = nativeBinding();

describe('mapTensor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-map-'));
  const file = join(folder, 'weights.bin');
  const numbers = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i));
  writeFileSync(file, numbers);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  // From the start, within the first page, across pages; aligned to 64 bytes or only to 4.
  it.each([
    [0, [4096]],
    [64, [3, 5]],
    [4, [7]],
    [4100, [1000, 2]],
  ])('at byte %i is what the file holds there', (offset, shape) => {
    const size = tf.util.sizeFromShape(shape);
    const id = binding.mapTensor(file, offset, 4 * size, DType.float32, shape);
    const mapped = toTensor({ id, shape, dtype: DType.float32 });
    const expected = numbers.slice(offset / 4, offset / 4 + size);
    expect(mapped).toBeAllclose({ shape, data: expected }, { rtol: 0, atol: 0 });
    expect(tf.square<Tensor>(mapped)).toBeAllclose({ shape, data: expected.map((x) => x * x) });
    mapped.dispose();
  });

  it('takes 16-bit weights as they lie in the file', () => {
    const half = HalfTensor.from(tf.tensor1d(numbers), 'bfloat16');
    const halves = join(folder, 'half.bin');
    writeFileSync(halves, new Uint8Array(half.bytes()));
    const id = binding.mapTensor(halves, 128, 40, DType.bfloat16, [4, 5]);
    const mapped = new HalfTensor(id, [4, 5], 'bfloat16');
    expect(mapped.bytes()).toEqual(half.bytes().slice(128, 168));
    expect(mapped.toFloat32()).toBeAllclose(half.toFloat32().slice(64, 20).reshape([4, 5]));
  });

  it('says which file and why where it cannot', () => {
    const map = (path: string, offset: number, bytes: number, shape: number[]) => () =>
      binding.mapTensor(path, offset, bytes, DType.float32, shape);
    const held = binding.getNumOfTensors();
    expect(map(file, 8, 4 * 4096, [4096])).toThrow(`${file}: the tensor's bytes lie beyond the end`);
    expect(map(file, -4, 4, [1])).toThrow('beyond the end');
    expect(map(file, 2 ** 53, 4, [1])).toThrow('beyond the end');
    expect(map(file, 0, 12, [4])).toThrow(`${file}: shape and type do not match`);
    expect(map(file, 0, 20, [4])).toThrow('shape and type do not match');
    expect(map(join(folder, 'none'), 0, 4, [1])).toThrow('No such file');
    expect(map(folder, 0, 4, [1])).toThrow(folder);
    expect(binding.getNumOfTensors()).toBe(held);
  });
});

it('bytes of a tensor that is gone are an error', () => {
  expect(() => binding.tensorBytes(2 ** 30)).toThrow('disposed');
});

describe('a graph misused throws, and the process goes on', () => {
  const graph = binding.graphCreate();
  const { id: x } = binding.graphPlaceholder(graph, DType.float32, [2]);
  const type = { name: 'T', type: 4, value: DType.float32 };
  const add = (name: string, inputs: number[], outputs = 1, controls: number[] = [], listed = 0) =>
    binding.graphAddOp(graph, name, [type], inputs, outputs, controls, listed, false);

  it.each([
    ['a tensor that is not there', () => add('Neg', [99]), 'no tensor or operation 99'],
    ['a negative one', () => add('Neg', [-1]), 'no tensor or operation -1'],
    ['a control that is not there', () => add('Neg', [x], 1, [7]), 'no tensor or operation 7'],
    ['a list longer than the inputs', () => add('AddN', [x], 1, [], 3), 'lacks inputs of its list'],
    ['an operation that is not there', () => add('Nonsense', [x]), 'Nonsense'],
    ['too many outputs', () => add('Neg', [x], 2), 'fewer than 2 outputs'],
    ['outputs of a function', () => binding.graphToFunction(graph, 'f', [x], [50], []), 'operation 50'],
    ['another graph', () => binding.graphPlaceholder(-5, DType.float32, []), 'never created'],
  ])('%s', (_, misuse, message) => {
    expect(misuse).toThrow(message);
  });

  it('and can be used after all', () => {
    const { outputs } = add('Neg', [x]);
    expect(binding.graphToFunction(graph, 'negated', [x], [outputs[0].id], [])).toBeGreaterThan(0);
    binding.removeFunction('negated');
  });
});

// A process of its own, which has nothing of TensorFlow yet.
it.runIf(existsSync('/proc/self/maps'))(
  'TensorFlow’s library can be loaded by a thread before the binding asks',
  () => {
    const resolve = createRequire(join(import.meta.dirname, '../../packages/core/src/runtime/tensorflow.ts'));
    const folder = dirname(resolve.resolve('@tensorflow/tfjs-node-gpu/package.json'));
    const script = `
    require(${JSON.stringify(join(folder, 'lib/napi-v8/quiet.node'))}).preload();
    setInterval(() => {
      if (!require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('libtensorflow_cc')) return;
      console.log('loaded');
      process.kill(process.pid, 'SIGKILL'); // it may still be in the middle of it
    }, 20);
    setTimeout(() => process.exit(1), 60_000);`;
    const found = () => {
      try {
        return execFileSync(process.execPath, ['-e', script], {
          stdio: ['ignore', 'pipe', 'ignore'],
        }).toString();
      } catch (error) {
        return String((error as { stdout: Buffer }).stdout);
      }
    };
    expect(found()).toContain('loaded');
  },
);
