/** Matrix products: the layer `linear` and the batched product of attention, in float32 or 16 bit. */
import { attribute, type OpAttribute } from '../binding';
import { execute, executeRaw, typeAttribute } from '../execute';
import { HalfTensor, type HalfType } from '../half';
import { precision } from '../precision';
import { halfMethod, ownBatchProduct, ownProduct, type Transposes } from '../products';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

const half = (x: Tensor | HalfTensor, dtype: HalfType): HalfTensor =>
  x instanceof HalfTensor ? x : HalfTensor.from(x, dtype);

/** a · b, with b in float32 only as long as that takes. */
function withWide(a: Tensor, b: Tensor | HalfTensor, body: (b: Tensor) => Tensor): Tensor {
  if (!(b instanceof HalfTensor)) return body(b);
  const wide = b.toFloat32(a);
  const result = body(wide);
  wide.dispose();
  return result;
}

/** TensorFlow's product in 16 bit, both operands rounded to it, and its result widened. */
function halfProduct(
  op: string,
  flags: OpAttribute[],
  a: Tensor,
  b: Tensor | HalfTensor,
  dtype: HalfType,
): Tensor {
  const operands = [half(a, dtype), half(b, dtype)];
  const [{ id, shape }] = executeRaw(op, [typeAttribute(dtype), ...flags], operands, 1);
  const result = new HalfTensor(id, shape, dtype);
  const wide = result.toFloat32();
  for (const temporary of [result, ...operands]) if (temporary !== b) temporary.dispose();
  return wide;
}

/** A product by TensorFlow: in float32, but where 16 bit was asked for or has units of its own. */
function tensorFlowProduct(
  op: 'MatMul' | 'BatchMatMulV2',
  flags: OpAttribute[],
  a: Tensor,
  b: Tensor | HalfTensor,
): Tensor {
  const isHalf = b instanceof HalfTensor && halfMethod(b.dtype, Infinity) === 'units';
  if (isHalf) return halfProduct(op, flags, a, b, b.dtype);
  if (precision() === 'bf16') return halfProduct(op, flags, a, b, 'bfloat16');
  return withWide(a, b, (wide) => execute(op, [typeAttribute('float32'), ...flags], [a, wide]));
}

/** a · b of matrices, either transposed on the fly, plus a bias for each column. */
export function matrixProduct(
  a: Tensor,
  b: Tensor | HalfTensor,
  transposes: Transposes = {},
  bias?: Tensor,
): Tensor {
  const [rows, summed] = (transposes.a ? [...a.shape].reverse() : a.shape) as [number, number];
  const columns = (b.shape as [number, number])[transposes.b ? 0 : 1];
  const own = ownProduct(b.dtype as HalfType | 'float32', { rows, columns, summed }, transposes);
  if (own) return execute(own.name, own.attributes, [a, b, bias ?? tf.zeros([0])]);
  const flags = [
    attribute('transpose_a', 'bool', transposes.a ?? false),
    attribute('transpose_b', 'bool', transposes.b ?? false),
  ];
  const y = tensorFlowProduct('MatMul', flags, a, b);
  return bias ? execute('BiasAdd', [typeAttribute('float32')], [y, bias]) : y;
}

/** Batched a · b, either transposed on the fly, without a gradient. Leading dimensions broadcast. */
export function batchProduct(a: Tensor, b: Tensor, transposes: Transposes = {}): Tensor {
  const isOfEqual = a.rank === b.rank && a.shape.slice(0, -2).every((side, axis) => side === b.shape[axis]);
  const own = isOfEqual ? ownBatchProduct(transposes) : undefined;
  if (own) return execute(own.name, own.attributes, [a, b, tf.zeros([0])]);
  const flags = [
    attribute('adj_x', 'bool', transposes.a ?? false),
    attribute('adj_y', 'bool', transposes.b ?? false),
  ];
  return tensorFlowProduct('BatchMatMulV2', flags, a, b);
}

/** Batched a · b over equal leading dimensions: [..., n, k] × [..., k, m] → [..., n, m]. */
export function matmul(a: Tensor, b: Tensor, { transposeB = false } = {}): Tensor {
  return customGradient([a, b], ([x, y], save) => {
    save([x, y]);
    return {
      value: batchProduct(x, y, { b: transposeB }),
      gradients: (dz, [left, right]) => [
        batchProduct(dz, right, { b: !transposeB }),
        transposeB ? batchProduct(dz, left, { a: true }) : batchProduct(left, dz, { a: true }),
      ],
    };
  });
}

const flatten = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape[x.shape.length - 1]]);

/**
 * x · weightᵀ + bias, as torch.nn.Linear.
 * @param x [..., in]
 * @param weight [out, in]; a HalfTensor is frozen: no gradient goes into it
 * @param bias [out]
 * @returns [..., out]
 */
export function linear(x: Tensor, weight: Tensor | HalfTensor, bias?: Tensor): Tensor {
  const shape = [...x.shape.slice(0, -1), weight.shape[0]];
  const forward = (input: Tensor, w: Tensor | HalfTensor, b?: Tensor): Tensor => {
    return tf.reshape(matrixProduct(flatten(input), w, { b: true }, b), shape);
  };
  const inputGradient = (dy: Tensor, w: Tensor | HalfTensor): Tensor =>
    tf.reshape(matrixProduct(flatten(dy), w), x.shape);

  if (weight instanceof HalfTensor) {
    return customGradient(bias ? [x, bias] : [x], ([input, b]) => ({
      value: forward(input, weight, b),
      gradients: (dy, _, [isInputWanted, isBiasWanted]) => [
        isInputWanted ? inputGradient(dy, weight) : undefined,
        ...(bias ? [isBiasWanted ? tf.sum(flatten(dy), 0) : undefined] : []),
      ],
    }));
  }
  return customGradient(bias ? [x, weight, bias] : [x, weight], ([input, w, b], save) => {
    save([input, w]);
    return {
      value: forward(input, w, b),
      gradients: (dy, [savedInput, savedWeight], [isInputWanted, isWeightWanted, isBiasWanted]) => {
        const rows = flatten(dy);
        const dx = isInputWanted ? inputGradient(dy, savedWeight) : undefined;
        const dw = isWeightWanted ? matrixProduct(rows, flatten(savedInput), { a: true }) : undefined;
        return bias ? [dx, dw, isBiasWanted ? tf.sum(rows, 0) : undefined] : [dx, dw];
      },
    };
  });
}
