/**
 * Sums and gatherings over the workers of a cluster, eager and in compiled functions: TensorFlow's CollectiveReduceV2 and
 * CollectiveGatherV2 (rings over gRPC on CPUs, NCCL on GPUs). Outside `withWorkers`, and with one worker, they give back
 * what they were given. B rows of all workers, b = B / N of this one.
 */
import { activeRecorder, attribute, type OpAttribute, type Recorder } from './binding';
import type { Cluster, Share } from './cluster';
import { int32, operandIds, toTensor, typeAttribute } from './execute';
import { customGradient } from './ops/customGradient';
import { stopGradient } from './ops/dropout';
import { backend, tf, type Tensor } from './tensorflow';

let workers: Cluster | undefined;

/** Runs `body` with the rows that it sees taken for one worker's share; undefined: for all there are. */
export function withWorkers<T>(cluster: Cluster | undefined, body: () => T): T {
  const previous = workers;
  workers = cluster;
  try {
    return body();
  } finally {
    workers = previous;
  }
}

/** Whose rows are computed here. */
export const ownShare = (): Share =>
  workers ? { index: workers.index, count: workers.count } : { index: 0, count: 1 };

/** Longer than any evaluation that one worker does while the others wait. A worker that is gone is noticed earlier. */
const TIMEOUT_SECONDS = 1800;
/** All workers are one group. */
const GROUP = 1;

function collective(
  name: string,
  cluster: Cluster,
  x: Tensor,
  shape: number[],
  more: OpAttribute[] = [],
): Tensor {
  const attributes = [
    typeAttribute('float32'),
    attribute('timeout_seconds', 'float', TIMEOUT_SECONDS),
    attribute('Nordering_token', 'int', 0),
    ...more,
  ];
  const scalars = [cluster.count, GROUP, cluster.nextKey()].map((value) => int32([value], []));
  const recorder = activeRecorder();
  const after = recorder && last?.recorder === recorder ? [last.id] : [];
  const [output] = backend.binding.executeOp(name, attributes, operandIds([x, ...scalars]), 1, after, shape);
  last = { recorder, id: output.id };
  return toTensor(output);
}

/** Of a function, the collectives run one after the other: in the same order on all workers, as NCCL asks. */
let last: { recorder: Recorder | undefined; id: number } | undefined;

function sum(cluster: Cluster, x: Tensor): Tensor {
  const operations = [attribute('merge_op', 'string', 'Add'), attribute('final_op', 'string', 'Id')];
  return collective('CollectiveReduceV2', cluster, x, x.shape, operations);
}

/** The sum of float32 x over the workers, the same bits on each. Without a gradient. */
export const allReduce = (x: Tensor): Tensor => (workers ? sum(workers, x) : x);

/**
 * The rows of all workers, in their order: float32 [b, ...] → [B, ...].
 *
 * @param gradient stopped: none flows through what was gathered, own rows included (LAVIS's `concat_all_gather`);
 *   attached: each row gets what it is due from all workers (`all_gather_with_grad`)
 */
export function allGather(x: Tensor, gradient: 'stopped' | 'attached'): Tensor {
  if (!workers) return gradient === 'stopped' ? stopGradient(x) : x;
  const cluster = workers;
  const rows = x.shape[0];
  return customGradient([x], ([own]) => ({
    value: collective('CollectiveGatherV2', cluster, own, [cluster.count * rows, ...x.shape.slice(1)]),
    gradients: (dy) => [
      gradient === 'stopped' ? tf.zerosLike(own) : tf.slice(sum(cluster, dy), cluster.index * rows, rows),
    ],
  }));
}

/** The same of whole numbers below 2²⁴: they travel as float32, which holds them exactly. */
export const allGatherInts = (x: Tensor): Tensor =>
  workers ? tf.cast(allGather(tf.cast(x, 'float32'), 'stopped'), 'int32') : x;

/** Numbers that are summed in one go: 16 MiB. */
const BUCKET = 4 * 2 ** 20;

/** Sums many tensors in few collectives: small ones are joined, the last first, as the backward pass makes them. */
export function allReduceAll(tensors: Record<string, Tensor>): Record<string, Tensor> {
  if (!workers) return tensors;
  const summed = buckets(tensors).flatMap((names) => {
    const flat = names.map((name) => tf.reshape(tensors[name], [-1]));
    const sums = allReduce(flat.length === 1 ? flat[0] : tf.concat(flat));
    let start = 0;
    return names.map((name) => {
      const { size, shape } = tensors[name];
      const own = tf.reshape(tf.slice(sums, [start], [size]), shape);
      start += size;
      return [name, own] as const;
    });
  });
  const byName = Object.fromEntries(summed);
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, byName[name]]));
}

function buckets(tensors: Record<string, Tensor>): string[][] {
  const all: string[][] = [];
  let size = Infinity;
  for (const name of Object.keys(tensors).reverse()) {
    if (size + tensors[name].size > BUCKET) {
      all.push([]);
      size = 0;
    }
    all.at(-1)!.push(name);
    size += tensors[name].size;
  }
  return all;
}
