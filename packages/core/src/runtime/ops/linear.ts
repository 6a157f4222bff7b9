/** Matrix products: the layer `linear` and the batched product of attention, in float32 or 16 bit. */
import { attribute } from '../binding';
import { execute, executeRaw, typeAttribute } from '../execute';
import { HalfTensor, type HalfType } from '../half';
import { halfMethod, isDirectProduct, type HalfMethod } from '../halfProducts';
import { precision } from '../precision';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

interface Transposes {
  a?: boolean;
  b?: boolean;
}

function half(x: Tensor | HalfTensor, dtype: HalfType): HalfTensor {
  return x instanceof HalfTensor ? x : HalfTensor.from(x, dtype);
}

/** The type that TensorFlow's product is computed in; float32 where a 16-bit operand is widened first. */
function computeType(b: Tensor | HalfTensor, method?: HalfMethod): HalfType | 'float32' {
  if (b instanceof HalfTensor) return method === 'units' ? b.dtype : 'float32';
  return precision() === 'bf16' ? 'bfloat16' : 'float32';
}

/** a · b, with b in float32 only as long as that takes. */
function withWide(a: Tensor, b: Tensor | HalfTensor, body: (b: Tensor) => Tensor): Tensor {
  if (!(b instanceof HalfTensor)) return body(b);
  const wide = b.toFloat32(a);
  const result = body(wide);
  wide.dispose();
  return result;
}

function product(op: 'MatMul' | 'BatchMatMulV2', names: [string, string], transposes: Transposes) {
  const flags = [
    attribute(names[0], 'bool', transposes.a ?? false),
    attribute(names[1], 'bool', transposes.b ?? false),
  ];
  return (a: Tensor, b: Tensor | HalfTensor): Tensor => {
    const isLayer = op === 'MatMul' && !transposes.a && transposes.b;
    const rows = isLayer ? a.shape[0] : Infinity;
    const method = b instanceof HalfTensor ? halfMethod(b.dtype, rows) : undefined;
    if (method === 'direct' || (!method && isDirectProduct(rows))) {
      return execute('Blip2FewRows', [typeAttribute(b.dtype)], [a, b]);
    }
    const dtype = computeType(b, method);
    const attributes = [typeAttribute(dtype), ...flags];
    if (dtype === 'float32') return withWide(a, b, (wide) => execute(op, attributes, [a, wide]));
    const operands = [half(a, dtype), half(b, dtype)];
    const [{ id, shape }] = executeRaw(op, attributes, operands, 1);
    const result = new HalfTensor(id, shape, dtype);
    const wide = result.toFloat32();
    for (const temporary of [result, ...operands]) if (temporary !== b) temporary.dispose();
    return wide;
  };
}

/** a · b of matrices, either transposed on the fly. */
export function matrixProduct(a: Tensor, b: Tensor | HalfTensor, transposes: Transposes = {}): Tensor {
  return product('MatMul', ['transpose_a', 'transpose_b'], transposes)(a, b);
}

function batchProduct(a: Tensor, b: Tensor, transposes: Transposes = {}): Tensor {
  return product('BatchMatMulV2', ['adj_x', 'adj_y'], transposes)(a, b);
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
    const y = matrixProduct(flatten(input), w, { b: true });
    return tf.reshape(b ? execute('BiasAdd', [typeAttribute('float32')], [y, b]) : y, shape);
  };
  const inputGradient = (dy: Tensor, w: Tensor | HalfTensor): Tensor =>
    tf.reshape(matrixProduct(flatten(dy), w), x.shape);

  if (weight instanceof HalfTensor) {
    return customGradient(bias ? [x, bias] : [x], ([input, b]) => ({
      value: forward(input, weight, b),
      gradients: (dy) => [inputGradient(dy, weight), ...(bias ? [tf.sum(flatten(dy), 0)] : [])],
    }));
  }
  return customGradient(bias ? [x, weight, bias] : [x, weight], ([input, w, b], save) => {
    save([input, w]);
    return {
      value: forward(input, w, b),
      gradients: (dy, [savedInput, savedWeight]) => {
        const rows = flatten(dy);
        const dx = inputGradient(dy, savedWeight);
        const dw = matrixProduct(rows, flatten(savedInput), { a: true });
        return bias ? [dx, dw, tf.sum(rows, 0)] : [dx, dw];
      },
    };
  });
}
