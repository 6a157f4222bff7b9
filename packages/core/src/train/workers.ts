/**
 * What the workers of a run say to each other beside gradients: where to start, with which values, when to stop. Worker 0
 * leads: it alone reads and writes the run folder, so that the others need no part in it. A run of one process leads itself.
 */
import {
  allReduce,
  allReduceAll,
  Blip2Error,
  compile,
  explainCollective,
  globalNorm,
  tf,
  withWorkers,
  type Cluster,
  type Compiled,
  type ParameterStore,
  type Tensor,
} from '../runtime';
import { ALONE, type Share } from './share';

type Tensors = Record<string, Tensor>;
/** What a worker computed of a step, or all of them together. */
export interface StepSums {
  losses: Record<string, number>;
  gradients: Tensors;
  norm: Tensor;
}

/** Of a hash, as a number: up to 24 bits travel exactly, as float32. */
const HEX_DIGITS = 6;

export class Workers {
  private readonly sum;
  private readonly gradientSum: Compiled<
    [Tensors, Tensor],
    { losses: Tensor; gradients: Tensors; norm: Tensor }
  >;

  constructor(readonly cluster: Cluster | undefined) {
    const together = <T>(body: () => T): T => withWorkers(cluster, body);
    this.sum = compile((x: Tensor) => together(() => allReduce(x)), { name: 'agree' });
    this.gradientSum = compile(
      (gradients, losses) => {
        const { losses: lossSum, ...sums } = together(() => allReduceAll({ ...prefixed(gradients), losses }));
        const summed = Object.fromEntries(
          Object.keys(gradients).map((name) => [name, sums[`gradient.${name}`]]),
        );
        return { losses: lossSum, gradients: summed, norm: globalNorm(summed) };
      },
      { name: 'sumOfGradients' },
    );
  }

  get share(): Share {
    return this.cluster ?? ALONE;
  }

  get leads(): boolean {
    return this.share.index === 0;
  }

  /** A whole number that worker 0 has, on all. */
  told(value: number): number {
    return this.summed(this.leads ? value : 0);
  }

  /** Has any worker said so? */
  any(said: boolean): boolean {
    return this.summed(said ? 1 : 0) > 0;
  }

  private summed(value: number): number {
    if (!this.cluster) return value;
    return tf.tidy(() => this.sum(tf.scalar(value)).dataSync()[0]);
  }

  /**
   * Waits until all are there, to train the recipe of this hash.
   * @throws Blip2Error on a worker whose recipe is not that of worker 0
   */
  meet(hash: string): void {
    const own = parseInt(hash.slice(0, HEX_DIGITS), 16);
    const first = this.told(own);
    this.cluster?.watch();
    if (first === own) return;
    throw new Blip2Error(`Worker ${this.share.index} has another recipe than worker 0`, {
      hint: 'Start all workers with the same command, the same data and the same version.',
      exitCode: 2,
    });
  }

  /** What is to be said about an error: a collective that failed means that a worker is gone. */
  explain(error: unknown): unknown {
    return this.cluster ? explainCollective(error, this.cluster) : error;
  }

  /** Worker 0's values, on all. */
  spread(store: ParameterStore): void {
    if (!this.cluster) return;
    tf.tidy(() => {
      const own = store.readAll();
      const given = this.leads
        ? own
        : Object.fromEntries(store.names().map((name) => [name, tf.zerosLike(own[name])]));
      const values = withWorkers(this.cluster, () => allReduceAll(given));
      for (const [name, value] of Object.entries(values)) store.assign(name, value);
    });
  }

  /** The step of all workers, from what each computed of it; takes the gradients over. */
  summedStep(own: StepSums): StepSums {
    if (!this.cluster) return own;
    const names = Object.keys(own.losses);
    try {
      return tf.tidy(() => {
        const { losses, ...sums } = this.gradientSum(own.gradients, tf.tensor1d(Object.values(own.losses)));
        const values = losses.dataSync();
        return { ...sums, losses: Object.fromEntries(names.map((name, i) => [name, values[i]])) };
      });
    } finally {
      tf.dispose({ ...own.gradients, norm: own.norm });
    }
  }

  dispose(): void {
    this.sum.dispose();
    this.gradientSum.dispose();
  }
}

const prefixed = (gradients: Tensors): Tensors =>
  Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`gradient.${name}`, gradient]));
