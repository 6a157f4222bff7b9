/** A linear layer of rows that come out of a LayerNorm, whose own gradient then costs next to nothing. */
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';
import { linear, matrixProduct } from './linear';
import { standardise } from './normalise';

/** LayerNorm's result, and what it was made of, for any number of `normedLinear`. */
export interface NormedRows {
  /** (x − mean) / √(variance + ε) [..., in] */
  normal: Tensor;
  gamma: Tensor;
  beta: Tensor;
  /** normal · gamma + beta */
  scaled: Tensor;
}

/** `layerNorm`, to be read by linear layers. */
export function normedRows(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): NormedRows {
  const normal = standardise(x, epsilon);
  return { normal, gamma, beta, scaled: tf.add(tf.mul(normal, gamma), beta) };
}

/**
 * linear(layerNorm(x), weight, bias), the values to the bit. The gradients of gamma and beta are sums over the rows of dy · weight, a
 * product as large as the layer's own; but with M = dyᵀ · normal they are sums over the layer's outputs of weight ∘ M and
 * of weight, and the weight's own gradient is M too, but for a scale and a shift. So where x is not trained (features of a
 * frozen tower) one of the layer's three products falls away.
 *
 * @param weight [out, in]
 * @param bias [out]
 * @returns [..., out]
 */
export function normedLinear(rows: NormedRows, weight: Tensor, bias: Tensor): Tensor {
  const { normal, gamma, beta, scaled } = rows;
  const [fanOut, fanIn] = weight.shape as [number, number];
  return customGradient([normal, gamma, beta, weight, bias], ([xHat, scale, shift, matrix, offset], save) => {
    save([xHat, scale, shift, matrix]);
    return {
      value: linear(scaled, matrix, offset),
      gradients: (dy, [savedNormal, g, b, w]) => {
        const slope = tf.reshape(dy, [-1, fanOut]);
        const m = matrixProduct(slope, tf.reshape(savedNormal, [-1, fanIn]), { a: true }); // [out, in]
        const sums = tf.sum(slope, 0); // [out]
        const column = tf.reshape(sums, [fanOut, 1]);
        // Not computed in a compiled function whose x takes no gradient: nothing depends on it there.
        const dNormal = tf.mul(tf.reshape(matrixProduct(slope, w), savedNormal.shape), g);
        return [
          dNormal,
          tf.sum(tf.mul(w, m), 0),
          tf.reshape(matrixProduct(tf.reshape(sums, [1, fanOut]), w), [fanIn]),
          tf.add(tf.mul(m, g), tf.mul(column, b)),
          sums,
        ];
      },
    };
  });
}
