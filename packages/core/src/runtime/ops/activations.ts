/**
 * Activation functions, each one operation with its own gradient: of our own (packages/core/native/activations.cc), or
 * else composed of TensorFlow's.
 */
import { execute, typeAttribute } from '../execute';
import { hasKernels } from '../kernels';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

/** The standard normal distribution function Φ(x). */
const normalCdf = (x: Tensor): Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

function composedGelu(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const cdf = normalCdf(input);
    save([input, cdf]);
    return {
      value: tf.mul(input, cdf),
      gradients: (dy, [u, phi]) => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(u), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return [tf.mul(dy, tf.add(phi, tf.mul(u, density)))];
      },
    };
  });
}

function composedGeluTanh(x: Tensor): Tensor {
  const c = Math.sqrt(2 / Math.PI);
  return customGradient([x], ([input], save) => {
    const inner = tf.mul(tf.mul(input, tf.add(tf.mul(tf.square(input), 0.044715), 1)), c);
    const t = tf.tanh(inner);
    save([input, t]);
    return {
      value: tf.mul(tf.mul(input, 0.5), tf.add(t, 1)),
      gradients: (dy, [u, tanh]) => {
        const slope = tf.mul(tf.add(tf.mul(tf.square(u), 3 * 0.044715), 1), c);
        const inside = tf.mul(tf.mul(tf.mul(u, tf.sub(1, tf.square(tanh))), slope), 0.5);
        return [tf.mul(dy, tf.add(tf.mul(tf.add(tanh, 1), 0.5), inside))];
      },
    };
  });
}

function composedQuickGelu(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const gate = tf.sigmoid(tf.mul(input, 1.702));
    save([input, gate]);
    return {
      value: tf.mul(input, gate),
      gradients: (dy, [u, s]) => {
        const slope = tf.mul(tf.mul(u, tf.mul(s, tf.sub(1, s))), 1.702);
        return [tf.mul(dy, tf.add(s, slope))];
      },
    };
  });
}

/** max(x, 0) (OPT). TensorFlow.js has it, but with a gradient of eight operations. */
export function relu(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const value = tf.relu(input);
    save([value]);
    return { value, gradients: (dy, [y]) => [execute('ReluGrad', [typeAttribute('float32')], [dy, y])] };
  });
}

function composedSilu(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const gate = tf.sigmoid(input);
    save([input, gate]);
    return {
      value: tf.mul(input, gate),
      gradients: (dy, [u, s]) => [tf.mul(dy, tf.mul(s, tf.add(tf.mul(u, tf.sub(1, s)), 1)))],
    };
  });
}

/** A function by an operation of our own, and its gradient by another, which reads x alone. */
function single(op: string, x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    save([input]);
    return {
      value: execute(op, [], [input]),
      gradients: (dy, [u]) => [execute(`${op}Grad`, [], [dy, u])],
    };
  });
}

/** x · Φ(x): the exact form (BERT, EVA). */
export function gelu(x: Tensor): Tensor {
  return hasKernels() ? single('Blip2Gelu', x) : composedGelu(x);
}

/** The tanh form of GELU ("gelu_new": FlanT5). */
export function geluTanh(x: Tensor): Tensor {
  return hasKernels() ? single('Blip2GeluTanh', x) : composedGeluTanh(x);
}

/** x · σ(1.702 x) (OpenAI's CLIP). */
export function quickGelu(x: Tensor): Tensor {
  return hasKernels() ? single('Blip2QuickGelu', x) : composedQuickGelu(x);
}

/** x · σ(x), also called swish (Llama). */
export function silu(x: Tensor): Tensor {
  return hasKernels() ? single('Blip2Silu', x) : composedSilu(x);
}
