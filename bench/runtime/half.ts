/**
 * Products of a few rows with a large matrix, by how the matrix is stored and multiplied: the fastest of several, in
 * milliseconds. What halfMethod (packages/core/src/runtime) decides rests on this table.
 *
 *     npx tsx bench/runtime/half.ts [out in]
 */
import { HalfTensor, tf, type HalfType, type Tensor } from '../../packages/core/src/runtime';
import { attribute } from '../../packages/core/src/runtime/binding';
import { execute, executeRaw, typeAttribute } from '../../packages/core/src/runtime/execute';
import { backend } from '../../packages/core/src/runtime/tensorflow';

const ROWS = [1, 2, 5, 16, 33, 64, 128, 257];
const REPEATS = 9;

type Method = (x: Tensor) => { dispose(): void };

const transposed = [attribute('transpose_a', 'bool', false), attribute('transpose_b', 'bool', true)];

function methods(matrix: Tensor): Record<string, Method> {
  const plain = (x: Tensor, w: Tensor) =>
    execute('MatMul', [typeAttribute('float32'), ...transposed], [x, w]);
  const all: Record<string, Method> = { float32: (x) => plain(x, matrix) };
  if (backend.binding.hasKernels) {
    all['float32 direct'] = (x) =>
      execute('Blip2FewRows', [typeAttribute('float32')], [x, matrix, tf.zeros([0])]);
  }
  for (const dtype of ['float16', 'bfloat16'] satisfies HalfType[]) {
    const half = HalfTensor.from(matrix, dtype);
    all[`${dtype} widened`] = (x) => tf.tidy(() => plain(x, half.toFloat32()));
    if (backend.binding.hasKernels) {
      all[`${dtype} direct`] = (x) =>
        execute('Blip2FewRows', [typeAttribute(dtype)], [x, half, tf.zeros([0])]);
    }
    all[`${dtype} TensorFlow`] = (x) => {
      const rounded = HalfTensor.from(x, dtype);
      const [{ id, shape }] = executeRaw('MatMul', [typeAttribute(dtype), ...transposed], [rounded, half], 1);
      rounded.dispose();
      return new HalfTensor(id, shape, dtype);
    };
  }
  return all;
}

function fastest(body: () => { dispose(): void }, repeats: number): number {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    body().dispose();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const [out, width] = process.argv.slice(2).map(Number).concat([10_240, 2560]);
const all = methods(tf.randomUniform([out, width], -1, 1));
console.log(['rows', ...Object.keys(all)].join(' | '));
for (const rows of ROWS) {
  const x = tf.randomUniform([rows, width], -1, 1);
  // TensorFlow's own 16-bit product takes seconds where there are no units for it.
  const times = Object.entries(all).map(([name, method]) =>
    fastest(() => method(x), name.endsWith('TensorFlow') ? 2 : REPEATS),
  );
  console.log([rows, ...times.map((time) => time.toFixed(1))].join(' | '));
}
