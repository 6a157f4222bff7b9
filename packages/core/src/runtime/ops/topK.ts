/** The largest elements of each row, and log-probabilities: what choosing the next token needs. No gradients. */
import { attribute } from '../binding';
import { execute, executeRaw, toTensor, typeAttribute } from '../execute';
import { tf, type Tensor } from '../tensorflow';

export interface TopK {
  /** [N, k], the largest first. */
  values: Tensor;
  /** int32 [N, k]; of equal values the lower index comes first. */
  indices: Tensor;
}

/** The k largest elements of each row of x [N, C]. */
export function topK(x: Tensor, k: number): TopK {
  const attributes = [
    typeAttribute('float32'),
    typeAttribute('int32', 'Tk'),
    typeAttribute('int32', 'index_type'),
    attribute('sorted', 'bool', true),
  ];
  const [values, indices] = executeRaw('TopKV2', attributes, [x, tf.scalar(k, 'int32')], 2).map(toTensor);
  return { values, indices };
}

/** log softmax(x) over the last axis, [N, C]. */
export function logSoftmax(x: Tensor): Tensor {
  return execute('LogSoftmax', [typeAttribute('float32')], [x]);
}
