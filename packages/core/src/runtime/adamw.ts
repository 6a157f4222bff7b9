/** AdamW (Loshchilov & Hutter), the numbers of torch.optim.AdamW, on variables in place. */
import { attribute } from './binding';
import { execute, executeRaw, typeAttribute } from './execute';
import { ParameterStore } from './parameters';
import { tf, type Tensor } from './tensorflow';

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** What changes from step to step, as tensors: scalars. */
export interface AdamWStep {
  learningRate: Tensor;
  /** Decoupled decay: each decayed parameter first loses learningRate · weightDecay of itself. */
  weightDecay: Tensor;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ, t counted from 1. Computed by `biasCorrection` in double precision. */
  correction1: Tensor;
  correction2: Tensor;
}

export function biasCorrection({ beta1, beta2 }: AdamWOptions, step: number): [number, number] {
  return [1 - beta1 ** step, 1 - beta2 ** step];
}

/** First and second moments of each parameter, zero at the start. */
export function createMoments(parameters: ParameterStore): { first: ParameterStore; second: ParameterStore } {
  const zeros = (): ParameterStore => {
    const specs = parameters
      .names()
      .map((name) => [name, { shape: parameters.shape(name), init: { kind: 'zeros' } as const }] as const);
    return ParameterStore.create(Object.fromEntries(specs), 0);
  };
  return { first: zeros(), second: zeros() };
}

/**
 * One update of one parameter. TensorFlow's ResourceApplyAdam does the pass over memory; its bias correction is
 * given as if done (powers of zero), and folded into the rate and ε so that the result is PyTorch's.
 */
export function applyAdamW(
  name: string,
  gradient: Tensor,
  stores: { parameters: ParameterStore; first: ParameterStore; second: ParameterStore },
  step: AdamWStep,
  options: AdamWOptions & { decay: boolean },
): void {
  const variable = stores.parameters.variable(name);
  if (options.decay) {
    const loss = tf.mul(variable.read(), tf.mul(step.learningRate, step.weightDecay));
    executeRaw('AssignSubVariableOp', [typeAttribute('float32', 'dtype')], [variable, loss], 0);
  }
  const root = tf.sqrt(step.correction2);
  const rate = tf.div(tf.mul(step.learningRate, root), step.correction1);
  const moments = [stores.first.variable(name), stores.second.variable(name)];
  const scalars = [tf.scalar(0), tf.scalar(0), rate, tf.scalar(options.beta1), tf.scalar(options.beta2)];
  executeRaw(
    'ResourceApplyAdam',
    [
      typeAttribute('float32'),
      attribute('use_locking', 'bool', false),
      attribute('use_nesterov', 'bool', false),
    ],
    [variable, ...moments, ...scalars, tf.mul(root, options.epsilon), gradient],
    0,
  );
}

/** The joint L2 norm of all gradients, a scalar. */
export function globalNorm(gradients: Record<string, Tensor>): Tensor {
  const halves = Object.values(gradients).map((g) => execute('L2Loss', [typeAttribute('float32')], [g]));
  return tf.sqrt(tf.mul(tf.addN(halves), 2));
}

/** What gradients of a joint norm are multiplied with so that it is at most `maximum` (torch's clip_grad_norm_). */
export function clipScale(norm: number, maximum: number): number {
  return Math.min(1, maximum / (norm + 1e-6));
}
