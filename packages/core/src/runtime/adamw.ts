/** AdamW (Loshchilov & Hutter), the numbers of torch.optim.AdamW, on variables in place. */
import { attribute } from './binding';
import { execute, executeRaw, toTensor, typeAttribute } from './execute';
import { hasKernels } from './kernels';
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

/** What is updated, by name. */
export interface AdamWStores {
  parameters: ParameterStore;
  first: ParameterStore;
  second: ParameterStore;
}

/** What of an update differs from one parameter to another. */
export interface AdamWUpdate {
  name: string;
  gradient: Tensor;
  rates: AdamWStep;
  decay: boolean;
}

/** Numbers of the parameters whose updates may be under way at once. */
const AT_ONCE = 2 ** 22;

/**
 * Updates parameters, in groups one after the other: what is new is as large as what it takes the place of, and TensorFlow
 * would compute that of all parameters as soon as the function starts.
 * @param scale what each gradient is multiplied with before anything else
 */
export function applyAdamW(
  updates: readonly AdamWUpdate[],
  scale: Tensor,
  stores: AdamWStores,
  options: AdamWOptions,
): void {
  const updateOne = hasKernels() ? updateByKernel : updateByTensorFlow;
  let after: Tensor[] | undefined;
  for (const group of groupsOf(updates)) {
    for (const update of group) updateOne(update, { scale, stores, options, after });
    after = group.map(({ name }) => stores.parameters.read(name)); // there once it is updated
  }
}

/** Neighbours, of at most `AT_ONCE` numbers together or one alone. */
function groupsOf(updates: readonly AdamWUpdate[]): AdamWUpdate[][] {
  const groups: AdamWUpdate[][] = [];
  let room = 0;
  for (const update of updates) {
    const { size } = update.gradient;
    if (size > room) {
      groups.push([]);
      room = AT_ONCE;
    }
    groups.at(-1)!.push(update);
    room -= size;
  }
  return groups;
}

/** What is the same for all parameters of a group. */
interface Group {
  scale: Tensor;
  stores: AdamWStores;
  options: AdamWOptions;
  /** What must be there before. */
  after?: Tensor[];
}

/** All in one pass over memory (packages/core/native/adamw.cc). What is new takes the place of what it was made from. */
function updateByKernel(
  { name, gradient, rates, decay }: AdamWUpdate,
  { scale, stores, options, after }: Group,
): void {
  const variables = [stores.parameters, stores.first, stores.second].map((store) => store.variable(name));
  const { learningRate, weightDecay, correction1, correction2 } = rates;
  const scalars = [scale, learningRate, decay ? weightDecay : tf.scalar(0), correction1, correction2];
  const results = executeRaw(
    'Blip2AdamW',
    (['beta1', 'beta2', 'epsilon'] as const).map((option) => attribute(option, 'float', options[option])),
    [...variables.map((variable) => variable.read()), gradient, ...scalars],
    3,
    after,
  );
  results.forEach((result, i) => {
    const value = toTensor(result);
    variables[i].assign(value);
    value.dispose();
  });
}

/**
 * ResourceApplyAdam does the pass over memory; its bias correction is given as if done (powers of zero), and folded into the
 * rate and ε so that the result is PyTorch's.
 */
function updateByTensorFlow(
  { name, gradient, rates, decay }: AdamWUpdate,
  { scale, stores, options, after }: Group,
): void {
  const times = (x: Tensor, factor: Tensor) => execute('Mul', [typeAttribute('float32')], [x, factor], after);
  const variable = stores.parameters.variable(name);
  if (decay) {
    const loss = times(variable.read(), tf.mul(rates.learningRate, rates.weightDecay));
    executeRaw('AssignSubVariableOp', [typeAttribute('float32', 'dtype')], [variable, loss], 0);
  }
  const root = tf.sqrt(rates.correction2);
  const rate = tf.div(tf.mul(rates.learningRate, root), rates.correction1);
  const moments = [stores.first.variable(name), stores.second.variable(name)];
  const scalars = [tf.scalar(0), tf.scalar(0), rate, tf.scalar(options.beta1), tf.scalar(options.beta2)];
  executeRaw(
    'ResourceApplyAdam',
    [
      typeAttribute('float32'),
      attribute('use_locking', 'bool', false),
      attribute('use_nesterov', 'bool', false),
    ],
    [variable, ...moments, ...scalars, tf.mul(root, options.epsilon), times(gradient, scale)],
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
