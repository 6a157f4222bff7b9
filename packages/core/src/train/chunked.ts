/**
 * Gradients of a loss that compares all examples of a batch, chunk by chunk (GradCache, Gao et al., 2021; task.ts,
 * ChunkedLoss): encodings of all chunks, the gradient of the loss with respect to them, then each chunk a second time with
 * that gradient at its end. Memory is that of one chunk. B batch, m rows of a chunk.
 */
import {
  Blip2Error,
  compile,
  globalNorm,
  Rng,
  tf,
  valueAndGradients,
  withPrecision,
  withRecompute,
  type Cluster,
  type Compiled,
  type Tensor,
} from '../runtime';
import { Weights } from '../nn';
import type { TrainingConfig } from './config';
import type { ChunkedLoss, LossResult, Task } from './task';

type Tensors = Record<string, Tensor>;

const ENCODED = 'encoded.';

/** Entries whose names begin with `prefix`, without it. */
function within(tensors: Tensors, prefix: string): Tensors {
  const chosen = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(chosen.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

const without = (tensors: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith(prefix)));

const prefixed = (tensors: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

/** Sums by name; what only one has stays. */
function added(a: Tensors, b: Tensors): Tensors {
  const sums = Object.entries(b).map(([name, value]) => [name, name in a ? tf.add(a[name], value) : value]);
  return { ...a, ...(Object.fromEntries(sums) as Tensors) };
}

/** The functions of one chunk: which rows it draws for is part of them. */
interface Chunk {
  encode: Compiled<[inputs: Tensors, seed: Tensor], Tensors>;
  finish: Compiled<
    [inputs: Tensors, notes: Tensors, slopes: Tensors, seed: Tensor],
    { losses: LossResult; gradients: Tensors }
  >;
}

/** The loss terms, gradients and their joint norm of a whole batch. */
export interface BatchGradients {
  value: Tensors;
  gradients: Tensors;
  norm: Tensor;
}

/** @throws Blip2Error if a batch cannot be cut so, or the task's loss not be computed so */
function checkedLoss(
  { chunked }: Task,
  { batchSize, gradCache: size = batchSize }: TrainingConfig,
): ChunkedLoss {
  if (!chunked) {
    throw new Blip2Error('gradCache: the loss of this recipe cannot be computed in chunks', {
      hint: 'Recipes with ITC have one that can, without losses of your own; elsewhere accumulate gradients (accumulate).',
      exitCode: 2,
    });
  }
  if (batchSize % size === 0) return chunked;
  throw new Blip2Error(`gradCache: chunks of ${size} do not make up a batch of ${batchSize}`, {
    hint: `Take a divisor of ${batchSize}.`,
    exitCode: 2,
  });
}

function notSpread(): Blip2Error {
  return new Blip2Error('gradCache: several workers do not compute their batch in chunks', {
    hint: 'Leave gradCache out: ITC is over the features of all workers anyway (docs/distributed.md).',
    exitCode: 2,
  });
}

/** What gives the gradients of a step under `gradCache`. */
export class ChunkedGradients {
  private readonly chunks: Chunk[];
  private readonly compare;
  private readonly add = compile((a: Tensors, b: Tensors) => added(a, b), { name: 'addGradients' });
  private readonly norm = compile((gradients: Tensors) => globalNorm(gradients), { name: 'norm' });
  /** Numbers that encoding draws: known once it is compiled. */
  private drawn = 0;

  constructor(
    task: Task,
    config: TrainingConfig,
    { xla, cluster }: { xla?: boolean; cluster?: Cluster } = {},
  ) {
    if (cluster) throw notSpread();
    const loss = checkedLoss(task, config);
    const { parameters } = task;
    const size = config.gradCache!;
    const total = config.batchSize;
    const within16 = <T>(body: () => T): T =>
      withPrecision(config.precision, () => withRecompute(config.recompute ?? false, body));

    const chunkAt = (first: number): Chunk => {
      const rng = (seed: Tensor) => new Rng(seed, { first, count: size, total });
      const rows = () => tf.range(first, first + size, 1, 'int32');
      return {
        encode: compile(
          (inputs, seed) => {
            const draws = rng(seed);
            const w = new Weights(parameters.readAll());
            const encoded = within16(() => loss.encode(w, inputs, rows(), draws));
            this.drawn = draws.draws;
            return encoded;
          },
          { name: 'encode', xla },
        ),
        finish: compile(
          (inputs, notes, slopes, seed) => {
            const weights = parameters.readAll();
            const whole = () => {
              const { encoded, losses } = loss.finish(new Weights(weights), inputs, rows(), notes, rng(seed));
              const along = Object.entries(encoded).map(([name, tensor]) => {
                const start = [first, ...tensor.shape.slice(1).map(() => 0)];
                return tf.sum(tf.mul(tensor, tf.slice(slopes[name], start, tensor.shape)));
              });
              return { loss: tf.addN([losses.loss, ...along]), losses };
            };
            const { value, gradients } = within16(() => valueAndGradients(whole, weights));
            return { losses: value.losses, gradients };
          },
          { name: 'finish', xla },
        ),
      };
    };
    this.chunks = Array.from({ length: total / size }, (_, i) => chunkAt(i * size));

    this.compare = compile(
      (encoded: Tensors, inputs: Tensors, seed: Tensor) => {
        const weights = parameters.readAll();
        const rng = new Rng(seed).skip(this.drawn);
        const whole = () => {
          const { losses, notes } = loss.compare(new Weights(weights), encoded, inputs, rng);
          return { loss: losses.loss, losses, notes };
        };
        const { value, gradients } = withPrecision(config.precision, () =>
          valueAndGradients(whole, { ...weights, ...prefixed(encoded, ENCODED) }),
        );
        return { ...value, gradients };
      },
      { name: 'compare', xla },
    );
  }

  /** Of a batch of `inputs`; `seed` int32 [2]. */
  run(inputs: Tensors, seed: Tensor): BatchGradients {
    const encoded = tf.tidy(() => {
      const parts = this.chunks.map(({ encode }) => encode(inputs, seed));
      const names = Object.keys(parts[0]);
      return Object.fromEntries(names.map((name) => [name, tf.concat(parts.map((part) => part[name]))]));
    });
    const compared = this.compare(encoded, inputs, seed);
    const slopes = within(compared.gradients, ENCODED);
    let value: Tensors = compared.losses;
    let gradients = without(compared.gradients, ENCODED);
    for (const { finish } of this.chunks) {
      const part = finish(inputs, compared.notes, slopes, seed);
      const sum = this.add(gradients, part.gradients);
      tf.dispose([gradients, part.gradients]); // as large as the model, each
      gradients = sum;
      value = added(value, part.losses);
    }
    tf.dispose([encoded, slopes]);
    return { value, gradients, norm: this.norm(gradients) };
  }

  /** Compiled signatures so far. */
  signatures(): number {
    return this.all().reduce((sum, compiled) => sum + compiled.signatures(), 0);
  }

  dispose(): void {
    for (const compiled of this.all()) compiled.dispose();
  }

  private all(): { signatures(): number; dispose(): void }[] {
    return [
      ...this.chunks.flatMap(({ encode, finish }) => [encode, finish]),
      this.compare,
      this.add,
      this.norm,
    ];
  }
}
