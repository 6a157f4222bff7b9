/** What is measured on the way: what the task or the caller evaluates, and the loss of held-out data. */
import {
  Blip2Error,
  breathe,
  compile,
  Rng,
  tf,
  withDropout,
  withPrecision,
  type Compiled,
  type Tensor,
} from '../runtime';
import { Weights } from '../nn';
import type { TrainingConfig } from './config';
import { toDevice } from './inputs';
import type { LossResult, Task } from './task';

type Scalars = Record<string, number>;

/** Negatives are drawn from it, the same ones at each evaluation. */
const SEED = 0x5eed;

/** The loss of held-out batches and its terms, without dropout: means over the batches. */
export class ValidationLoss {
  private readonly loss: Compiled<[Record<string, Tensor>, Tensor], LossResult>;

  /** @throws Blip2Error if the task holds nothing out */
  constructor(
    private readonly task: Task,
    { precision }: Pick<TrainingConfig, 'precision'>,
  ) {
    if (!task.validation) {
      throw new Blip2Error('validate: this recipe has no data held out', {
        hint: 'Leave it out, or give data with a validation split.',
        exitCode: 2,
      });
    }
    this.loss = compile(
      (inputs, seed) => {
        const weights = new Weights(task.parameters.readAll());
        return withDropout(false, () =>
          withPrecision(precision, () => task.loss(weights, inputs, new Rng(seed))),
        );
      },
      { name: 'validationLoss' },
    );
  }

  async run(): Promise<Scalars> {
    const validation = this.task.validation!;
    const { batches } = validation;
    const sums: Scalars = {};
    for (let batch = 0; batch < batches; batch++) {
      const given = toDevice(await validation.inputs(batch));
      try {
        tf.tidy(() => {
          const terms = this.loss(given, tf.tensor1d([SEED, batch], 'int32'));
          for (const [name, term] of Object.entries(terms)) {
            sums[name] = (sums[name] ?? 0) + term.dataSync()[0] / batches;
          }
        });
      } finally {
        tf.dispose(given);
      }
      await breathe();
    }
    return sums;
  }

  dispose(): void {
    this.loss.dispose();
  }
}

/** How an evaluation is asked for: a part of `TrainOptions`. */
export interface EvaluationOptions<M> {
  evaluateEvery?: number;
  evaluate?: (model: M) => Promise<Scalars> | Scalars;
  validate?: boolean;
  keepBest?: unknown;
}

/** All that is measured of a run on its way. */
export class Evaluation<M> {
  private readonly validation?: ValidationLoss;
  private readonly own?: () => Promise<Scalars> | Scalars;
  private readonly every: number;

  /** @throws Blip2Error if something is to be measured and it is not said when, or nothing is */
  constructor(
    task: Task<M>,
    private readonly training: TrainingConfig,
    { evaluateEvery = 0, evaluate, validate, keepBest }: EvaluationOptions<M>,
  ) {
    if (!evaluateEvery && (validate || keepBest)) {
      throw new Blip2Error('validate and keepBest need evaluations', {
        hint: 'Say how often: evaluateEvery (--evaluate-every).',
        exitCode: 2,
      });
    }
    this.every = evaluateEvery;
    this.own = evaluate ? () => evaluate(task.model) : task.evaluate?.bind(task);
    if (evaluateEvery && !this.own && !validate) {
      throw new Blip2Error('evaluateEvery: this recipe has nothing to evaluate', {
        hint: 'Set pictures aside (--set heldOut=1000) where the recipe can, or leave it out.',
        exitCode: 2,
      });
    }
    if (validate) this.validation = new ValidationLoss(task, training);
  }

  /** After so many steps? */
  isDue(steps: number): boolean {
    if (!this.every || !(this.own || this.validation)) return false;
    return steps % this.every === 0 || steps === this.training.steps;
  }

  async run(): Promise<Scalars> {
    return { ...(await this.validation?.run()), ...(await this.own?.()) };
  }

  dispose(): void {
    this.validation?.dispose();
  }
}
