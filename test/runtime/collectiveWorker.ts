/** One of several processes that add up and gather what each has; prints what it got. */
import {
  allGather,
  allGatherInts,
  allReduce,
  allReduceAll,
  compile,
  joinCluster,
  tf,
  valueAndGradients,
  withWorkers,
  type Tensor,
} from '../../packages/core/src/runtime';

const cluster = joinCluster()!;
const own = cluster.index + 1;
const list = (x: Tensor) => x.arraySync();
const x = tf.tensor2d([[own, 10 * own]]);

const result = withWorkers(cluster, () => {
  const eager = allReduce(x);
  const compiled = compile((value: Tensor) => {
    const twice = tf.mul(value, 2);
    return { sum: allReduce(twice), rows: allGather(twice, 'stopped'), sums: allReduceAll({ twice, value }) };
  });
  // Twice: the second time, the function is run as it was traced.
  compiled(x);
  const { sum, rows, sums } = compiled(x);
  // Each worker weighs all rows by a number of its own.
  const weighted = (gradient: 'stopped' | 'attached') =>
    valueAndGradients(() => ({ loss: tf.sum(tf.mul(allGather(x, gradient), own)) }), { x }).gradients.x;
  return {
    eager: list(eager),
    sum: list(sum),
    rows: list(rows),
    sums: [list(sums.twice), list(sums.value)],
    ints: list(allGatherInts(tf.tensor1d([16_777_215 - own], 'int32'))),
    stopped: list(weighted('stopped')),
    attached: list(weighted('attached')),
  };
});
console.log(JSON.stringify(result));
