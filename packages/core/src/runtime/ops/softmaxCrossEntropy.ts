/** Softmax cross-entropy over class indices, as torch.nn.functional.cross_entropy. */
import { executeRaw, toTensor, typeAttribute } from '../execute';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';
import { gatherRows } from './embedding';

/** The label that takes no part in the loss. */
export const IGNORED = -100;

/**
 * Mean over the rows whose label is not −100; 0 when there is none.
 * @param logits [N, V]
 * @param labels int32 [N], each 0 … V−1 or −100; TensorFlow refuses others (on a GPU their loss is NaN)
 * @param options.labelSmoothing ε: the target is (1 − ε) on the label plus ε/V on every class
 * @returns a scalar
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): Tensor {
  const classes = logits.shape[1] as number;
  return customGradient([logits], ([x], save) => {
    const isKept = tf.notEqual(labels, tf.scalar(IGNORED, 'int32')); // [N]
    const safe = tf.where<Tensor>(isKept, labels, tf.scalar(0, 'int32'));
    const kept = tf.cast(isKept, 'float32');
    const weight = tf.div(kept, tf.maximum(tf.sum(kept), 1)); // [N], sums to 1
    const attributes = [typeAttribute('float32'), typeAttribute('int32', 'Tlabels')];
    const [loss, slope] = executeRaw('SparseSoftmaxCrossEntropyWithLogits', attributes, [x, safe], 2).map(
      toTensor,
    ); // −log p(label) [N]; p − onehot [N, V]
    if (labelSmoothing === 0) {
      save([slope, weight]);
      return {
        value: tf.sum(tf.mul(loss, weight)),
        gradients: (dy, [d, w]) => [tf.mul(d, tf.mul(tf.expandDims(w, 1), dy))],
      };
    }
    // The smoothed loss differs from the plain one by ε · (logit of the label − mean logit).
    const rowStart = tf.range(0, x.size, classes, 'int32');
    const labelLogit = gatherRows(tf.reshape(x, [-1]), tf.add(rowStart, safe));
    const shift = tf.mul(tf.sub(labelLogit, tf.mean(x, 1)), labelSmoothing);
    save([slope, weight, safe]);
    return {
      value: tf.sum(tf.mul(tf.add(loss, shift), weight)),
      gradients: (dy, [d, w, target]) => {
        const on = labelSmoothing * (1 - 1 / classes);
        const smoothing = tf.oneHot(target, classes, on, -labelSmoothing / classes, 'float32');
        return [tf.mul(tf.add(d, smoothing), tf.mul(tf.expandDims(w, 1), dy))];
      },
    };
  });
}
