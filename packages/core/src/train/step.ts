/**
 * One training step on the device: the gradients of its (micro-)batches and their norm, then clipping and AdamW. Two
 * compiled functions, so that a loss or a gradient that is not a number is seen before anything is changed.
 */
import {
  applyAdamW,
  biasCorrection,
  Blip2Error,
  clipScale,
  compile,
  createMoments,
  globalNorm,
  Rng,
  tf,
  valueAndGradients,
  withPrecision,
  withRecompute,
  withWorkers,
  type Compiled,
  type ParameterStore,
  type Tensor,
} from '../runtime';
import { Weights } from '../nn';
import { storedParameters, type StoredTensor } from '../checkpoints';
import { hashInts } from '../data';
import type { HostTensors } from './checkpoint';
import { ChunkedGradients } from './chunked';
import { nonFiniteError } from './finite';
import { toDevice } from './inputs';
import { learningRateAt } from './schedule';
import type { TrainingConfig } from './config';
import { rowsOf } from './share';
import type { Task } from './task';
import { Workers, type StepSums } from './workers';

type Tensors = Record<string, Tensor>;
type Scalars = Record<string, number>;
/** Gradients of one or several micro-batches, and their joint norm. */
type Gradients = { gradients: Tensors; norm: Tensor };

/** Decay is for matrices: neither biases nor norms, nor scalars such as the temperature. */
export function isDecayed(name: string, shape: number[]): boolean {
  return shape.length >= 2 && !name.endsWith('.bias');
}

function mapValues<A, B>(
  record: Record<string, A>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

function readScalars(tensors: Tensors): Scalars {
  return mapValues(tensors, (tensor) => tensor.dataSync()[0]);
}

export class TrainingStep {
  private readonly moments;
  private readonly workers: Workers;
  private readonly gradients: Compiled<[Tensors, Tensor], { value: Tensors } & Gradients>;
  private readonly accumulate: Compiled<[Tensors, Tensors], Gradients>;
  private readonly update: Compiled<[Tensors, Tensors], undefined>;
  private readonly chunks?: ChunkedGradients;

  constructor(
    private readonly task: Task,
    private readonly config: TrainingConfig,
    { xla, workers = new Workers(undefined) }: { xla?: boolean; workers?: Workers } = {},
  ) {
    this.workers = workers;
    const { cluster, share } = workers;
    if (cluster && xla) throw noXla();
    const rows = cluster && rowsOf(config.batchSize, share);
    if (config.gradCache) this.chunks = new ChunkedGradients(task, config, { xla, cluster });
    const { parameters } = task;
    this.moments = createMoments(parameters);
    const stores = { parameters, ...this.moments };

    this.gradients = compile(
      (inputs, seed) => {
        const weights = parameters.readAll();
        const loss = () => task.loss(new Weights(weights), inputs, new Rng(seed, rows));
        const { value, gradients } = withWorkers(cluster, () =>
          withPrecision(config.precision, () =>
            withRecompute(config.recompute ?? false, () => valueAndGradients(loss, weights)),
          ),
        );
        return { value, gradients, norm: globalNorm(gradients) };
      },
      { name: 'gradients', xla },
    );
    this.accumulate = compile(
      (sum, more) => {
        const gradients = mapValues(sum, (value, name) => tf.add(value, more[name]));
        return { gradients, norm: globalNorm(gradients) };
      },
      { name: 'accumulate' },
    );
    this.update = compile(
      (gradients, { learningRate, weightDecay, correction1, correction2, scale }): undefined => {
        const updates = Object.entries(gradients).map(([name, gradient]) => {
          const decay = isDecayed(name, parameters.shape(name));
          const slower = task.rateScale?.(name) ?? 1;
          const own = slower === 1 ? learningRate : tf.mul(learningRate, slower);
          return {
            name,
            gradient,
            decay,
            rates: { learningRate: own, weightDecay, correction1, correction2 },
          };
        });
        applyAdamW(updates, scale, stores, config);
      },
      { name: 'update' },
    );
  }

  /**
   * Runs step `step` (from 0): changes the parameters, returns the losses (means over micro-batches) and rates.
   * @throws Blip2Error naming the first tensor that is not finite
   */
  async run(step: number): Promise<Scalars> {
    const { losses, gradients, norm } = this.workers.summedStep(await this.summedGradients(step));
    try {
      return tf.tidy(() => ({ ...losses, ...this.apply(step, { losses, gradients, norm }) }));
    } finally {
      tf.dispose({ ...gradients, norm });
    }
  }

  /** Clipping and the optimizer. */
  private apply(step: number, { losses, gradients, norm }: StepSums): Scalars {
    const { accumulate, clipNorm, weightDecay } = this.config;
    const gradientNorm = norm.dataSync()[0] / accumulate;
    if (![...Object.values(losses), gradientNorm].every(Number.isFinite)) {
      throw nonFiniteError(step, losses, gradients, this.task.parameters);
    }
    const learningRate = learningRateAt(step, this.config);
    const [correction1, correction2] = biasCorrection(this.config, step + 1);
    const scale = clipScale(gradientNorm, clipNorm || Infinity) / accumulate;
    const rates = { learningRate, weightDecay, correction1, correction2, scale };
    this.update(
      gradients,
      mapValues(rates, (rate) => tf.scalar(rate)),
    );
    return { learningRate, gradientNorm };
  }

  /** Losses are means over the micro-batches, gradients sums. */
  private async summedGradients(step: number): Promise<StepSums> {
    const { accumulate } = this.config;
    let sum = await this.microBatch(step * accumulate);
    for (let micro = 1; micro < accumulate; micro++) {
      const before = sum;
      let more: StepSums | undefined;
      try {
        more = await this.microBatch(step * accumulate + micro);
        const losses = mapValues(sum.losses, (loss, name) => loss + more!.losses[name]);
        sum = { losses, ...this.accumulate(sum.gradients, more.gradients) };
      } finally {
        for (const part of [before, more]) if (part) tf.dispose({ ...part.gradients, norm: part.norm });
      }
    }
    return { ...sum, losses: mapValues(sum.losses, (loss) => loss / accumulate) };
  }

  private async microBatch(index: number): Promise<StepSums> {
    const inputs = toDevice(await this.task.inputs(index));
    const { seed } = this.config;
    try {
      return tf.tidy(() => {
        const key = tf.tensor1d([hashInts(seed, index) | 0, hashInts(index, seed) | 0], 'int32');
        const { value, gradients, norm } = this.chunks?.run(inputs, key) ?? this.gradients(inputs, key);
        return { losses: readScalars(value), gradients, norm };
      });
    } finally {
      tf.dispose(inputs);
    }
  }

  /** Moments of the optimizer, for a checkpoint; read when they are written. */
  storedMoments(): Record<string, StoredTensor> {
    const { first, second } = this.moments;
    const rename = (prefix: string, store: ParameterStore) =>
      Object.entries(storedParameters(store)).map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);
    return Object.fromEntries([...rename('first', first), ...rename('second', second)]);
  }

  /** Takes moments back from a checkpoint. @throws Blip2Error naming what does not fit */
  restore(tensors: HostTensors, source: string): void {
    for (const part of ['first', 'second'] as const) {
      const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${part}.`));
      const named = own.map(
        ([name, { shape, data }]) => [name.slice(part.length + 1), { shape, data }] as const,
      );
      this.moments[part].load(Object.fromEntries(named) as never, source);
    }
  }

  /** Worker 0's moments, on all. */
  spread(): void {
    this.workers.spread(this.moments.first);
    this.workers.spread(this.moments.second);
  }

  /** Compiled signatures so far: a run should need one of each function. */
  signatures(): number {
    const own = [this.gradients, this.accumulate, this.update, ...(this.chunks ? [this.chunks] : [])];
    return own.reduce((sum, part) => sum + part.signatures(), 0);
  }

  dispose(): void {
    this.chunks?.dispose();
    for (const compiled of [this.gradients, this.accumulate, this.update]) compiled.dispose();
    this.moments.first.dispose();
    this.moments.second.dispose();
  }
}

function noXla(): Blip2Error {
  return new Blip2Error('Several workers train without XLA, which knows no collectives', {
    hint: 'Leave xla out.',
    exitCode: 2,
  });
}
