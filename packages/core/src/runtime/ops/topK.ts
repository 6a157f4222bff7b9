/** The largest elements of each row, and log-probabilities: what choosing the next token needs. No gradients. */
import { attribute } from '../binding';
import { execute, executeRaw, toTensor, typeAttribute } from '../execute';
import { hasKernels } from '../kernels';
import { tf, type Tensor } from '../tensorflow';

export interface TopK {
  /** [N, k], the largest first. */
  values: Tensor;
  /** int32 [N, k]; of equal values the lower index comes first. */
  indices: Tensor;
}

/** With more of them TensorFlow's heap is faster than our list in order. */
const KERNEL_K = 64;

/** The k largest elements of each row of x [N, C]; NaN, k times, of a row with NaN, which has no order. */
export function topK(x: Tensor, k: number): TopK {
  if (hasKernels() && k <= KERNEL_K) {
    const [values, indices] = executeRaw('Blip2TopK', [], [x, tf.zeros([k])], 2).map(toTensor);
    return { values, indices };
  }
  const attributes = [
    typeAttribute('float32'),
    typeAttribute('int32', 'Tk'),
    typeAttribute('int32', 'index_type'),
    attribute('sorted', 'bool', true),
  ];
  const [values, indices] = executeRaw('TopKV2', attributes, [x, tf.scalar(k, 'int32')], 2).map(toTensor);
  const hasNaN = tf.any(tf.isNaN(x), 1, true); // [N, 1]
  return { values: tf.where(hasNaN, tf.scalar(NaN), values), indices };
}

/** log softmax(x) over the last axis, [N, C]. */
export function logSoftmax(x: Tensor): Tensor {
  return hasKernels()
    ? execute('Blip2LogSoftmax', [], [x])
    : execute('LogSoftmax', [typeAttribute('float32')], [x]);
}
