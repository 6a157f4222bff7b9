/** Reverse-mode derivatives of a scalar with respect to named tensors, on TensorFlow.js's tape. */
import { tf, type Tensor } from './tensorflow';
import { leaves, type TensorTree } from './tree';

/** What TensorFlow.js keeps private. */
interface Kept {
  kept: boolean;
}

/** The tensors that the open scope would dispose of when it ends: not the caller's own, nor what is kept. */
function scoped(tree: TensorTree): Tensor[] {
  const created = new Set(tf.engine().state.activeScope.track);
  const isScoped = (leaf: Tensor): boolean => created.has(leaf) && !(leaf as unknown as Kept).kept;
  return leaves(tree).filter((leaf): leaf is Tensor => leaf instanceof tf.Tensor && isScoped(leaf));
}

/** Hands a kept tensor back to the scope that is open now, which will dispose of it. */
function release(tensor: Tensor): void {
  (tensor as unknown as Kept).kept = false;
  (tf.engine() as unknown as { track(tensor: Tensor): void }).track(tensor);
}

/**
 * Runs `fn` and differentiates its `loss` (a scalar) with respect to `tensors`, which fn uses. A tensor that
 * the loss does not depend on gets zeros. Whatever other tensors fn returns come back as they are.
 */
export function valueAndGradients<T extends { loss: Tensor }>(
  fn: () => T,
  tensors: Record<string, Tensor>,
): { value: T; gradients: Record<string, Tensor> } {
  const names = Object.keys(tensors);
  const inputs = names.map((name) => tensors[name]);
  let value!: T;
  let held: Tensor[] = [];
  const forward = (): Tensor => {
    value = fn();
    // The tape ends fn's scope and would dispose of all but the loss.
    held = scoped(value);
    for (const tensor of held) tf.keep(tensor);
    return value.loss;
  };
  let grads: (Tensor | undefined)[];
  try {
    ({ grads } = tf.engine().gradients(forward, inputs, undefined, /* allowNoGradients */ true));
  } finally {
    held.forEach(release);
  }
  const gradients = names.map((name, i) => [name, grads[i] ?? tf.zerosLike(inputs[i])] as const);
  return { value, gradients: Object.fromEntries(gradients) };
}
