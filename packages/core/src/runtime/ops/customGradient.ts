/** tf.customGrad with plain types: one function gives the value, what to keep, and the gradients. */
import { Blip2Error } from '../errors';
import { tf, type Tensor } from '../tensorflow';
import { whenDifferentiated } from '../tape';

interface Differentiable {
  value: Tensor;
  /**
   * The gradient with respect to each input, from that of the value and the tensors that were saved. Inputs that are not
   * wanted (frozen weights) need none.
   */
  gradients: (dy: Tensor, saved: Tensor[], isWanted: boolean[]) => (Tensor | undefined)[];
}

type Save = (tensors: Tensor[]) => void;

/** Runs `body` on `inputs` as one differentiable operation. */
export function customGradient(
  inputs: Tensor[],
  body: (inputs: Tensor[], save: Save) => Differentiable,
): Tensor {
  let isWanted = inputs.map(() => true);
  const operation = (...args: unknown[]) => {
    const save = args.pop() as Save;
    const { value, gradients } = body(args as Tensor[], save);
    // In place of what is not wanted stands a tensor that is there: it is not looked at.
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      gradients(dy, saved, isWanted).map((gradient, i) => {
        if (!gradient && isWanted[i]) throw new Blip2Error(`An operation has no gradient of its input ${i}`);
        return gradient ?? dy;
      });
    return { value, gradFunc };
  };
  const result = tf.customGrad(operation)(...inputs);
  whenDifferentiated(result, (wanted) => {
    isWanted = inputs.map((_, i) => wanted.has(String(i)));
  });
  return result;
}
