/** Inputs of a step on their way to the device. */
import { tf, type Tensor } from '../runtime';
import type { Inputs } from './task';

/** As tensors, of which those from the host are new ones. */
export function toDevice(inputs: Inputs): Record<string, Tensor> {
  const tensors = Object.entries(inputs).map(([name, value]): [string, Tensor] => {
    if (value instanceof tf.Tensor) return [name, value];
    const { shape, data } = value;
    return [name, tf.tensor(data, shape, data instanceof Float32Array ? 'float32' : 'int32')];
  });
  return Object.fromEntries(tensors);
}
