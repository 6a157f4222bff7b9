/**
 * Layer normalisation, its form without a mean (RMS), and L2 normalisation over the last axis. The first two are operations
 * of our own (packages/core/native/normalise.cc), or else composed of TensorFlow's.
 */
import { attribute } from '../binding';
import { execute, executeRaw, toTensor } from '../execute';
import { hasKernels } from '../kernels';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

const sumRows = (x: Tensor): Tensor => tf.sum(tf.reshape(x, [-1, x.shape[x.shape.length - 1]]), 0);
const meanLast = (x: Tensor): Tensor => tf.mean(x, -1, true);

/** x without its mean, and 1 / √(variance + ε). */
function centre(x: Tensor, epsilon: number): { centred: Tensor; inverse: Tensor } {
  const centred = tf.sub(x, meanLast(x));
  return { centred, inverse: tf.rsqrt(tf.add(meanLast(tf.square(centred)), epsilon)) }; // [..., 1]
}

/** The gradient of x from that of (x − mean) · inverse. */
function throughNormal(dNormal: Tensor, xHat: Tensor, inverse: Tensor): Tensor {
  const along = tf.mul(xHat, meanLast(tf.mul(dNormal, xHat)));
  return tf.mul(tf.sub(tf.sub(dNormal, meanLast(dNormal)), along), inverse);
}

function composedStandardise(x: Tensor, epsilon: number): Tensor {
  return customGradient([x], ([input], save) => {
    const { centred, inverse } = centre(input, epsilon);
    const normal = tf.mul(centred, inverse);
    save([normal, inverse]);
    return { value: normal, gradients: (dy, [xHat, inv]) => [throughNormal(dy, xHat, inv)] };
  });
}

function composedLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return customGradient([x, gamma, beta], ([input, scale, shift], save) => {
    const { centred, inverse } = centre(input, epsilon);
    const normal = tf.mul(centred, inverse);
    save([normal, inverse, scale]);
    return {
      value: tf.add(tf.mul(normal, scale), shift),
      gradients: (dy, [xHat, inv, g], [, isScaleWanted, isShiftWanted]) => {
        const dx = throughNormal(tf.mul(dy, g), xHat, inv);
        return [
          dx,
          isScaleWanted ? sumRows(tf.mul(dy, xHat)) : undefined,
          isShiftWanted ? sumRows(dy) : undefined,
        ];
      },
    };
  });
}

function composedRmsNorm(x: Tensor, gamma: Tensor, epsilon: number): Tensor {
  return customGradient([x, gamma], ([input, scale], save) => {
    const inverse = tf.rsqrt(tf.add(meanLast(tf.square(input)), epsilon)); // [..., 1]
    const normal = tf.mul(input, inverse);
    save([normal, inverse, scale]);
    return {
      value: tf.mul(normal, scale),
      gradients: (dy, [xHat, inv, g], [, isScaleWanted]) => {
        const dNormal = tf.mul(dy, g);
        const along = tf.mul(xHat, meanLast(tf.mul(dNormal, xHat)));
        const dx = tf.mul(tf.sub(dNormal, along), inv);
        return [dx, isScaleWanted ? sumRows(tf.mul(dy, xHat)) : undefined];
      },
    };
  });
}

/** A norm as one operation of our own, and its gradient as another, which reads x in place of what was made of it. */
function single(op: string, epsilon: number, x: Tensor, ...scales: Tensor[]): Tensor {
  const attributes = [attribute('epsilon', 'float', epsilon)];
  return customGradient([x, ...scales], (inputs, save) => {
    save(inputs.slice(0, 2)); // x, and gamma if there is one
    return {
      value: execute(op, attributes, inputs),
      gradients: (dy, saved, [, ...areScalesWanted]) => {
        const operands = [dy, ...saved];
        return areScalesWanted.some(Boolean)
          ? executeRaw(`${op}Grad`, attributes, operands, inputs.length).map(toTensor)
          : [execute(`${op}InputGrad`, attributes, operands), ...scales.map(() => undefined)];
      },
    };
  });
}

/** (x − mean) / √(variance + ε) over the last axis: LayerNorm without scale and shift. */
export function standardise(x: Tensor, epsilon: number): Tensor {
  return hasKernels() ? single('Blip2Standardise', epsilon, x) : composedStandardise(x, epsilon);
}

/**
 * (x − mean) / √(variance + ε) · gamma + beta over the last axis, as torch.nn.LayerNorm.
 * @param x [..., D]
 * @param gamma [D]
 * @param beta [D]
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return hasKernels()
    ? single('Blip2LayerNorm', epsilon, x, gamma, beta)
    : composedLayerNorm(x, gamma, beta, epsilon);
}

/**
 * x / √(mean of x² + ε) · gamma over the last axis (Zhang & Sennrich, 2019), as T5's and Llama's norms.
 * @param x [..., D]
 * @param gamma [D]
 */
export function rmsNorm(x: Tensor, gamma: Tensor, epsilon: number): Tensor {
  return hasKernels() ? single('Blip2RmsNorm', epsilon, x, gamma) : composedRmsNorm(x, gamma, epsilon);
}

/** x / max(‖x‖₂, 1e-12) over the last axis, as torch.nn.functional.normalize. */
export function l2Normalize(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const norm = tf.maximum(tf.sqrt(tf.sum(tf.square(input), -1, true)), 1e-12); // [..., 1]
    const unit = tf.div(input, norm);
    save([unit, norm]);
    return {
      value: unit,
      gradients: (dy, [y, n]) => [tf.div(tf.sub(dy, tf.mul(y, tf.sum(tf.mul(dy, y), -1, true))), n)],
    };
  });
}
