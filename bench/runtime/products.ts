/**
 * Products of many rows by our operation and by TensorFlow's, in turns: processor time of all threads, in milliseconds, and by
 * how much ours takes less. What ownProduct (packages/core/src/runtime) decides rests on this table.
 *
 *     npx tsx bench/runtime/products.ts [operations]
 *
 * `operations`: of multiplying and adding, for each size and side (default 2e10).
 */
import { tf, type Tensor } from '../../packages/core/src/runtime';
import { attribute } from '../../packages/core/src/runtime/binding';
import { execute, typeAttribute } from '../../packages/core/src/runtime/execute';
import { ownProduct, type Transposes } from '../../packages/core/src/runtime/products';
import { median } from '../median';

const OPERATIONS = Number(process.argv[2] ?? 2e10);

/** A layer's product, its input's gradient and its weight's. */
const LAYER: Transposes = { b: true };
const INPUT: Transposes = {};
const WEIGHT: Transposes = { a: true };

/** What it is in a model, rows and columns of the result, and how many are summed. */
const SIZES: [string, number, number, number, Transposes][] = [
  ['ViT-L, output', 1028, 1024, 1024, LAYER],
  ['ViT-L, MLP up', 1028, 4096, 1024, LAYER],
  ['ViT-L, MLP down', 1028, 1024, 4096, LAYER],
  ['ViT-g, MLP up', 514, 6144, 1408, LAYER],
  ['ViT-g, MLP down', 514, 1408, 6144, LAYER],
  ['Q-Former, pairs', 1472, 768, 768, LAYER],
  ['Q-Former, 8 pictures', 256, 3072, 768, LAYER],
  ['its input', 256, 768, 3072, INPUT],
  ['its weight', 3072, 768, 256, WEIGHT],
  ['keys and values', 2056, 1536, 1408, LAYER],
  ['their weight', 1536, 1408, 2056, WEIGHT],
  ['FlanT5, head', 256, 32128, 768, LAYER],
  ['few rows', 64, 768, 768, LAYER],
  ['fewer', 32, 768, 768, LAYER],
  ['small, up', 1024, 512, 128, LAYER],
];

function processorTime(body: () => Tensor): number {
  const before = process.cpuUsage();
  body().dispose();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const table = SIZES.map(([name, rows, columns, summed, form]) => {
  const own = ownProduct('float32', { rows: 1000, columns: 1000, summed: 1000 }, form);
  if (!own)
    throw new Error('There is no product of our own here: npx blip2 doctor says which processor this is');
  const a = tf.randomNormal(form.a ? [summed, rows] : [rows, summed]);
  const b = tf.randomNormal(form.b ? [columns, summed] : [summed, columns]);
  const flags = [
    attribute('transpose_a', 'bool', form.a ?? false),
    attribute('transpose_b', 'bool', form.b ?? false),
  ];
  const ours = () => execute(own.name, own.attributes, [a, b, tf.zeros([0])]);
  const theirs = () => execute('MatMul', [typeAttribute('float32'), ...flags], [a, b]);
  const repeats = Math.max(9, Math.min(300, Math.round(OPERATIONS / (2 * rows * columns * summed))));
  const turns = Array.from({ length: repeats }, () => [processorTime(ours), processorTime(theirs)]);
  const [mine, other] = [0, 1].map((side) => median(turns.map((turn) => turn[side])));
  tf.dispose([a, b]);
  const size = `${rows} × ${columns} × ${summed}`;
  return {
    product: name,
    size,
    ours: mine.toFixed(2),
    TensorFlow: other.toFixed(2),
    ratio: (other / mine).toFixed(2),
  };
});
console.table(table);
