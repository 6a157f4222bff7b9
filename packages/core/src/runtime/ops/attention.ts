/** Scaled dot-product attention: softmax(q kᵀ / √d + bias) v. */
import { attribute } from '../binding';
import { execute } from '../execute';
import { hasKernels } from '../kernels';
import { precision } from '../precision';
import type { Decisions, Rng } from '../random';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';
import { dropout, dropped, isDropoutOn, kernelDecisions } from './dropout';
import { batchProduct, matmul } from './linear';

interface SoftmaxOptions {
  /** Multiplies the scores; 1 by default. */
  scale?: number;
  /** Added to them then; broadcastable to their shape. */
  bias?: Tensor;
}

/** softmax(scale · scores + bias) over the last axis. */
export function softmax(scores: Tensor, { scale = 1, bias }: SoftmaxOptions = {}): Tensor {
  if (hasKernels() && (!bias || bias.shape.at(-1) === scores.shape.at(-1))) {
    return softmaxByKernel(scores, scale, bias);
  }
  const scaled = scale === 1 ? scores : tf.mul(scores, scale);
  return softmaxByTensorFlow(bias ? tf.add(scaled, bias) : scaled);
}

function softmaxByTensorFlow(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const p = tf.softmax(input);
    save([p]);
    return {
      value: p,
      gradients: (dy, [y]) => {
        const weighted = tf.mul(dy, y);
        return [tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)))];
      },
    };
  });
}

function softmaxByKernel(scores: Tensor, scale: number, bias?: Tensor): Tensor {
  const attributes = [attribute('scale', 'float', scale)];
  return customGradient(bias ? [scores, bias] : [scores], ([x, added = tf.scalar(0)], save) => {
    const p = execute('Blip2Softmax', attributes, [x, added]);
    save([p]);
    return {
      value: p,
      gradients: (dy, [y]) => {
        const dx = execute('Blip2SoftmaxGrad', attributes, [dy, y]);
        return bias ? [dx, tf.div(summedTo(bias.shape, dx), scale)] : [dx];
      },
    };
  });
}

/** The gradient of what was broadcast from this shape. */
function summedTo(shape: number[], x: Tensor): Tensor {
  const missing = x.rank - shape.length;
  const axes = x.shape.flatMap((side, axis) =>
    axis < missing || shape[axis - missing] < side ? [axis] : [],
  );
  return tf.reshape(tf.sum(x, axes, true), shape);
}

/** dropout(p) · v. Only p, v and the seed are held until the gradient, which drops p's elements a second time. */
function droppedProduct(p: Tensor, v: Tensor, decisions: Decisions): Tensor {
  return customGradient([p, v], ([left, right], save) => {
    save([left, right, decisions.seed]);
    return {
      value: batchProduct(dropped(left, decisions), right),
      gradients: (dy, [heldLeft, heldRight, seed]) => {
        const same = { ...decisions, seed };
        return [
          dropped(batchProduct(dy, heldRight, { b: true }), same),
          batchProduct(dropped(heldLeft, same, [dy]), dy, { a: true }),
        ];
      },
    };
  });
}

export interface AttentionOptions {
  /** Added to the scores; broadcastable to [B, H, Sq, Sk]: 0 where a row may attend, −10,000 where not. */
  bias?: Tensor;
  /** Dropout of the probabilities. */
  dropout?: number;
  rng?: Rng;
  /** Multiplies q kᵀ; 1/√d by default. */
  scale?: number;
}

export interface Attention {
  /** [B, H, Sq, d] */
  context: Tensor;
  /** [B, H, Sq, Sk], before dropout; gradients flow through it. */
  probabilities: Tensor;
}

const usualScale = (width: number): number => 1 / Math.sqrt(width);

/**
 * @param q [B, H, Sq, d]
 * @param k [B, H, Sk, d]
 * @param v [B, H, Sk, d]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Attention {
  const { scale = usualScale(q.shape[3]!) } = options;
  // The kernel scales on its way; q is less to multiply than the scores.
  const [query, factor] = scale === 1 || hasKernels() ? [q, scale] : [tf.mul(q, scale), 1];
  const scores = matmul(query, k, { transposeB: true }); // [B, H, Sq, Sk]
  const probabilities = softmax(scores, { scale: factor, bias: options.bias });
  const rate = options.dropout ?? 0;
  const decisions = kernelDecisions(rate, options.rng);
  const context = decisions
    ? droppedProduct(probabilities, v, decisions)
    : matmul(dropout(probabilities, rate, options.rng), v);
  return { context, probabilities };
}

/**
 * Whether `attentionContext` may be taken: where an operation of our own can be, no gradient is to flow (no tape of
 * TensorFlow.js runs), and the probabilities are not changed on the way.
 */
export function isContextAlone({ dropout: rate = 0, rng }: AttentionOptions = {}): boolean {
  const engine = tf.engine() as unknown as { isTapeOn(): boolean };
  const isWhole = rate === 0 || !rng || !isDropoutOn();
  return isWhole && !engine.isTapeOn() && precision() === 'fp32' && hasKernels();
}

/**
 * The context alone, by one operation of our own (packages/core/native/attention.cc): scores are never in memory all at once,
 * and heads are read where they are. Only where `isContextAlone`.
 *
 * Each of q, k and v is [B, H, S, d], or rows of several maps, heads side by side: [B, S, maps, H, d], of which q is the
 * first, v the last and k the one before it. So they may be the same tensor.
 *
 * @param options.bias of Sk columns
 * @returns [B, Sq, H, d]
 */
export function attentionContext(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { bias = tf.scalar(0), scale = usualScale(q.shape.at(-1)!) }: Pick<AttentionOptions, 'bias' | 'scale'> = {},
): Tensor {
  return execute('Blip2Attention', [attribute('scale', 'float', scale)], [q, k, v, bias]);
}

/** What rows look at that was read before them: keys and values of B prompts, which the rows of each share. */
export interface ReadMemory {
  /** [B, H, P, d] */
  key: Tensor;
  /** [B, H, P, d] */
  value: Tensor;
  /** Added to the scores; broadcasts to [B, H, 1, P]. */
  bias?: Tensor;
}

/** What rows look at that they wrote themselves: keys and values, token by token in slots. */
export interface WrittenMemory {
  /** [N, R, H, d] */
  key: Tensor;
  /** [N, R, H, d] */
  value: Tensor;
  /** Of the newest token: int32 scalar, 0 … N − 1. No slot after it is looked at. */
  position: Tensor;
  /** int32 [R, N]: the row that each row looks at in each slot. Without it each looks at its own. */
  origins?: Tensor;
  /** Added to the scores; broadcasts to [R, H, 1, N]. */
  bias?: Tensor;
}

/** All that rows look at which come one at a time; softmax is over the columns of both together. */
export interface Memories {
  read: ReadMemory;
  written?: WrittenMemory;
}

/**
 * Attention of rows that come one at a time, R = B · K of them, those of a prompt one after the other, by one operation of
 * our own (packages/core/native/incrementalAttention.cc). Only where `isContextAlone`.
 *
 * @param query [R, H, 1, d]
 * @param scale multiplies q kᵀ
 * @returns [R, 1, H, d]
 */
export function incrementalContext(query: Tensor, { read, written }: Memories, scale: number): Tensor {
  const [none, nothing] = [tf.scalar(0), tf.zeros([0])];
  const slots = [written?.key ?? nothing, written?.value ?? nothing, written?.bias ?? none];
  const order = [written?.origins ?? tf.zeros([0], 'int32'), written?.position ?? tf.scalar(0, 'int32')];
  const operands = [query, read.key, read.value, read.bias ?? none, ...slots, ...order];
  return execute('Blip2IncrementalAttention', [attribute('scale', 'float', scale)], operands);
}
