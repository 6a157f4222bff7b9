/** Softmax cross-entropy over class indices, as torch.nn.functional.cross_entropy. */
import { attribute } from '../binding';
import { execute, executeRaw, toTensor, typeAttribute } from '../execute';
import { hasKernels } from '../kernels';
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
    const { loss, held, slope } = (hasKernels() ? byKernel : byTensorFlow)(x, safe, labelSmoothing);
    save([weight, safe, ...held]);
    const gradients = (dy: Tensor, [w, target, ...rest]: Tensor[]): Tensor[] => [
      slope(tf.mul(w, dy), target, rest),
    ];
    if (labelSmoothing === 0) return { value: tf.sum(tf.mul(loss, weight)), gradients };
    // The smoothed loss differs from the plain one by ε · (logit of the label − mean logit).
    const rowStart = tf.range(0, x.size, classes, 'int32');
    const labelLogit = gatherRows(tf.reshape(x, [-1]), tf.add(rowStart, safe));
    const shift = tf.mul(tf.sub(labelLogit, tf.mean(x, 1)), labelSmoothing);
    return { value: tf.sum(tf.mul(tf.add(loss, shift), weight)), gradients };
  });
}

interface RowLosses {
  /** −log p(label), [N] */
  loss: Tensor;
  /** What `slope` needs. */
  held: Tensor[];
  /** The gradient of the logits of the smoothed loss, each row's times its weight. */
  slope: (weights: Tensor, labels: Tensor, held: Tensor[]) => Tensor;
}

/** −log p(label) of each row [N], and what its gradient is computed of. */
function rowLosses(logits: Tensor, labels: Tensor): [Tensor, Tensor] {
  const attributes = [typeAttribute('float32'), typeAttribute('int32', 'Tlabels')];
  const outputs = hasKernels()
    ? executeRaw('Blip2CrossEntropy', [], [logits, labels], 2)
    : executeRaw('SparseSoftmaxCrossEntropyWithLogits', attributes, [logits, labels], 2);
  return outputs.map(toTensor) as [Tensor, Tensor];
}

/** log softmax(logits) in one column of each row, without a gradient: logits [N, V], ids int32 [N] → [N]. */
export const logProbabilities = (logits: Tensor, ids: Tensor): Tensor => tf.neg(rowLosses(logits, ids)[0]);

/** Two passes over the logits, which are held; their gradient takes their place where nothing else needs them. */
function byKernel(logits: Tensor, labels: Tensor, smoothing: number): RowLosses {
  const [loss, by] = rowLosses(logits, labels);
  return {
    loss,
    held: [logits, by],
    slope: (weights, target, [x, sums]) =>
      execute(
        'Blip2CrossEntropyGrad',
        [attribute('smoothing', 'float', smoothing)],
        [x, target, sums, weights],
      ),
  };
}

function byTensorFlow(logits: Tensor, labels: Tensor, smoothing: number): RowLosses {
  const classes = logits.shape[1] as number;
  const [loss, difference] = rowLosses(logits, labels); // [N]; p − onehot [N, V]
  return {
    loss,
    held: [difference],
    slope: (weights, target, [d]) => {
      const on = smoothing * (1 - 1 / classes);
      const smoothed =
        smoothing === 0 ? d : tf.add(d, tf.oneHot(target, classes, on, -smoothing / classes, 'float32'));
      return tf.mul(smoothed, tf.expandDims(weights, 1));
    },
  };
}
