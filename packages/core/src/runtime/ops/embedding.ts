/** Table look-up by rows. */
import { attribute } from '../binding';
import { execute, typeAttribute } from '../execute';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

/**
 * Rows of a table, as torch.nn.functional.embedding.
 * @param table [V, D]
 * @param ids int32 [...], each in 0 … V−1
 * @returns [..., D]
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const [rows, width] = table.shape;
  return customGradient([table], ([weights]) => ({
    value: tf.gather(weights, ids as never),
    gradients: (dy) => [
      execute(
        'UnsortedSegmentSum',
        [typeAttribute('float32'), typeAttribute('int32', 'Tindices'), typeAttribute('int32', 'Tnumsegments')],
        [tf.reshape(dy, [-1, width]), tf.reshape(ids, [-1]), tf.scalar(rows, 'int32')],
      ),
    ],
  }));
}

/** The index of the largest element of each row: [N, C] → int32 [N]. */
export function argMax(x: Tensor): Tensor {
  return execute(
    'ArgMax',
    [typeAttribute('float32'), typeAttribute('int32', 'Tidx'), attribute('output_type', 'type', 3)],
    [x, tf.scalar(-1, 'int32')],
  );
}
