/** From tensors to the host. */
import { tf, type Tensor } from './tensorflow';

/**
 * The values of what `body` computes; all tensors made on the way are freed. (A typed array that tf.tidy returns is
 * searched for tensors, element by element: seconds for a million.)
 */
export function computeValues(body: () => Tensor): Float32Array {
  const result = tf.tidy(body);
  const values = result.dataSync<'float32'>();
  result.dispose();
  return values;
}
