/** Writing into a few places of a tensor, where they are only known when it runs. No gradients. */
import { attribute } from '../binding';
import { execute, typeAttribute } from '../execute';
import { hasKernels } from '../kernels';
import { tf, type Tensor } from '../tensorflow';
import { gatherRows } from './embedding';

/** The elements of each row's columns as places of the flattened matrix: ids int32 [N, M] of [N, C] → int32 [N · M]. */
function places(ids: Tensor, columns: number): Tensor {
  const [rows] = ids.shape;
  const start = tf.range(0, rows * columns, columns, 'int32').reshape([rows, 1]);
  return tf.add(ids, start).reshape([-1]);
}

function scatter(op: string, x: Tensor, ids: Tensor, values: Tensor): Tensor {
  const where = places(ids, x.shape[1]!).reshape([-1, 1]);
  const attributes = [typeAttribute('float32'), typeAttribute('int32', 'Tindices')];
  return execute(op, attributes, [x.reshape([-1]), where, values.reshape([-1])]).reshape(x.shape);
}

/** Elements of each row: x [N, C], ids int32 [N, M] → [N, M]. */
export const gatherColumns = (x: Tensor, ids: Tensor): Tensor =>
  gatherRows(x.reshape([-1]), places(ids, x.shape[1]!)).reshape(ids.shape);

/** x [N, C] with values [N, M] put into the columns ids int32 [N, M] of each row; equal ids need equal values. */
export const putColumns = (x: Tensor, ids: Tensor, values: Tensor): Tensor =>
  scatter('TensorScatterUpdate', x, ids, values);

/** x [N, C] with values [N, M] added to the columns ids int32 [N, M] of each row. */
export const addToColumns = (x: Tensor, ids: Tensor, values: Tensor): Tensor =>
  scatter('TensorScatterAdd', x, ids, values);

/**
 * x with `slice` at `position` of one axis: a copy of x and no more, or none where x is needed no longer.
 *
 * @param slice of x's shape, 1 along the axis
 * @param position int32 scalar
 */
export function putSlice(x: Tensor, slice: Tensor, axis: number, position: Tensor): Tensor {
  if (hasKernels()) return execute('Blip2PutSlice', [attribute('axis', 'int', axis)], [x, slice, position]);
  const along = (value: Tensor): Tensor => {
    const here = value.reshape([1]);
    const [before, after] = [axis, x.rank - axis - 1].map((length) => tf.zeros([length], 'int32'));
    return tf.concat([before, here, after].filter(({ size }) => size > 0));
  };
  const others = (1 << x.rank) - 1 - (1 << axis); // their begin and end are not looked at
  const attributes = [
    typeAttribute('float32'),
    typeAttribute('int32', 'Index'),
    attribute('begin_mask', 'int', others),
    attribute('end_mask', 'int', others),
    attribute('ellipsis_mask', 'int', 0),
    attribute('new_axis_mask', 'int', 0),
    attribute('shrink_axis_mask', 'int', 0),
  ];
  const next = tf.add(position, tf.scalar(1, 'int32'));
  const strides = tf.ones([x.rank], 'int32');
  return execute('TensorStridedSliceUpdate', attributes, [x, along(position), along(next), strides, slice]);
}
