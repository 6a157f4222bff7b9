/** Writing into a few places of a tensor, where they are only known when it runs. No gradients. */
import { attribute } from '../binding';
import { execute, typeAttribute } from '../execute';
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
 * Room for what comes one slot at a time: zeros, in memory that no other tensor shares.
 *
 * @param shape [slots, ...]
 */
export function emptySlots(shape: readonly number[]): Tensor {
  const attributes = [typeAttribute('float32', 'dtype'), attribute('init', 'bool', true)];
  return execute('Empty', attributes, [tf.tensor1d([...shape], 'int32')]);
}

/**
 * Slots with `value` in one of them. Like no other operation this one writes into its argument, whoever holds it: the old
 * tensor and the new share their memory, so that a slot costs no more than itself. XLA does not know it.
 *
 * @param slots [N, ...] of `emptySlots`
 * @param value as large as a slot
 * @param position int32 scalar, 0 … N − 1 (TensorFlow counts others from the end, and around)
 */
export function putSlot(slots: Tensor, value: Tensor, position: Tensor): Tensor {
  const slot = value.reshape([1, ...slots.shape.slice(1)]);
  return execute('InplaceUpdate', [typeAttribute('float32')], [slots, position.reshape([1]), slot]);
}
