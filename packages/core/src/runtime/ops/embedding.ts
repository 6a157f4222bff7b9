/** Table look-up by rows. */
import { attribute } from '../binding';
import { execute, typeAttribute } from '../execute';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

/** params[indices] along the first axis, without a gradient. (tf.gather reads its indices back: not traceable.) */
export function gatherRows(params: Tensor, indices: Tensor): Tensor {
  const attributes = [
    typeAttribute(params.dtype, 'Tparams'),
    typeAttribute('int32', 'Tindices'),
    typeAttribute('int32', 'Taxis'),
  ];
  return execute('GatherV2', attributes, [params, indices, tf.scalar(0, 'int32')]);
}

/**
 * Rows of a table, as torch.nn.functional.embedding.
 * @param table [V, D]
 * @param ids int32 [...], each in 0 … V−1
 * @returns [..., D]
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const [rows, width] = table.shape;
  return customGradient([table], ([weights], save) => {
    save([ids]); // they may be the caller's intermediate result
    return {
      value: gatherRows(weights, ids),
      gradients: (dy, [savedIds]) => [
        execute(
          'UnsortedSegmentSum',
          [
            typeAttribute('float32'),
            typeAttribute('int32', 'Tindices'),
            typeAttribute('int32', 'Tnumsegments'),
          ],
          [tf.reshape(dy, [-1, width]), tf.reshape(savedIds, [-1]), tf.scalar(rows, 'int32')],
        ),
      ],
    };
  });
}

/** The index of the largest element of each row: [N, C] → int32 [N]. */
export function argMax(x: Tensor): Tensor {
  return execute(
    'ArgMax',
    [typeAttribute('float32'), typeAttribute('int32', 'Tidx'), attribute('output_type', 'type', 3)],
    [x, tf.scalar(-1, 'int32')],
  );
}
