/** Table look-up by rows. */
import { attribute } from '../binding';
import { execute, executeRaw, typeAttribute } from '../execute';
import { HalfTensor } from '../half';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

const gatherAttributes = (dtype: string) => [
  typeAttribute(dtype, 'Tparams'),
  typeAttribute('int32', 'Tindices'),
  typeAttribute('int32', 'Taxis'),
];

/** params[indices] along the first axis, without a gradient. (tf.gather reads its indices back: not traceable.) */
export function gatherRows(params: Tensor, indices: Tensor): Tensor {
  return execute('GatherV2', gatherAttributes(params.dtype), [params, indices, tf.scalar(0, 'int32')]);
}

/** The same of a table in 16 bit; only the chosen rows are widened. */
function gatherHalfRows(table: HalfTensor, ids: Tensor): Tensor {
  const operands = [table, ids, tf.scalar(0, 'int32')];
  const [{ id, shape }] = executeRaw('GatherV2', gatherAttributes(table.dtype), operands, 1);
  const rows = new HalfTensor(id, shape, table.dtype);
  const wide = rows.toFloat32();
  rows.dispose();
  return wide;
}

/**
 * Rows of a table, as torch.nn.functional.embedding.
 * @param table [V, D]; a HalfTensor is frozen: no gradient goes into it
 * @param ids int32 [...], each in 0 … V−1
 * @returns [..., D]
 */
export function embedding(table: Tensor | HalfTensor, ids: Tensor): Tensor {
  if (table instanceof HalfTensor) return gatherHalfRows(table, ids);
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
