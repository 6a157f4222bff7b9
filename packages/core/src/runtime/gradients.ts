/** Reverse-mode derivatives of a scalar with respect to named tensors, on TensorFlow.js's tape. */
import { tf, type Tensor } from './tensorflow';
import { leaves } from './tree';

/** Hands a kept tensor back to the scope that is open now, which will dispose of it. */
function release(tensor: Tensor): void {
  (tensor as unknown as { kept: boolean }).kept = false;
  (tf.engine() as unknown as { track(tensor: Tensor): void }).track(tensor);
}

/**
 * Runs `fn` and differentiates its `loss` (a scalar) with respect to `tensors`, which fn uses. A tensor that
 * the loss does not depend on gets zeros. Whatever else fn returns comes back as it is.
 */
export function valueAndGradients<T extends { loss: Tensor }>(
  fn: () => T,
  tensors: Record<string, Tensor>,
): { value: T; gradients: Record<string, Tensor> } {
  const names = Object.keys(tensors);
  const inputs = names.map((name) => tensors[name]);
  let value!: T;
  const { grads } = tf.engine().gradients(() => {
    value = fn();
    // The tape ends fn's scope and would dispose of all but the loss.
    for (const leaf of leaves(value)) if (leaf instanceof tf.Tensor) tf.keep(leaf);
    return value.loss;
  }, inputs);
  for (const leaf of leaves(value)) if (leaf instanceof tf.Tensor) release(leaf);
  const gradients = names.map((name, i) => [name, grads[i] ?? tf.zerosLike(inputs[i])] as const);
  return { value, gradients: Object.fromEntries(gradients) };
}
