/** tf.customGrad with plain types: one function gives the value, what to keep, and the gradients. */
import { tf, type Tensor } from '../tensorflow';

interface Differentiable {
  value: Tensor;
  /** The gradient with respect to each input, from that of the value and the tensors that were saved. */
  gradients: (dy: Tensor, saved: Tensor[]) => Tensor[];
}

type Save = (tensors: Tensor[]) => void;

/** Runs `body` on `inputs` as one differentiable operation. */
export function customGradient(
  inputs: Tensor[],
  body: (inputs: Tensor[], save: Save) => Differentiable,
): Tensor {
  const operation = (...args: unknown[]) => {
    const save = args.pop() as Save;
    const { value, gradients } = body(args as Tensor[], save);
    return { value, gradFunc: gradients };
  };
  return tf.customGrad(operation)(...inputs);
}
