/** The element types of safetensors files and their conversion to what JavaScript can hold. */

/** Bits of an element. The 4-, 6- and 8-bit floats and complex numbers are known, but not read. */
const BITS = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  BOOL: 8,
  U8: 8,
  I8: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
} as const;

export type SafetensorsDtype = keyof typeof BITS;

export function isDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === 'string' && Object.hasOwn(BITS, name);
}

/**
 * Size of a tensor in bytes; no whole number where a 4- or 6-bit tensor has an odd size, NaN where a number of
 * elements is beyond counting (also on the way to a size of zero).
 */
export function byteSize(dtype: SafetensorsDtype, shape: readonly number[]): number {
  const elements = shape.reduce((product, side) => {
    return product * side <= Number.MAX_SAFE_INTEGER ? product * side : NaN;
  }, 1);
  return (elements * BITS[dtype]) / 8;
}

/** Floating-point types that are read. */
export function isFloat(dtype: SafetensorsDtype): boolean {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || dtype === 'F64';
}

/** The 65,536 half-precision numbers, by bit pattern. */
let halfTable: Float32Array | undefined;

function halves(): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return exponent
      ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024)
      : sign * 2 ** -14 * (fraction / 1024);
  });
  return halfTable;
}

/** Typed arrays over bytes of a file (which start at a multiple of 8 in their buffer). */
function view(dtype: SafetensorsDtype, { buffer, byteOffset, byteLength }: Uint8Array) {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'F64':
      return new Float64Array(buffer, byteOffset, byteLength / 8);
    case 'BOOL':
    case 'U8':
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 'I8':
      return new Int8Array(buffer, byteOffset, byteLength);
    case 'F16':
    case 'BF16':
    case 'U16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 'I16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case 'U32':
      return new Uint32Array(buffer, byteOffset, byteLength / 4);
    case 'I32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'U64':
      return new BigUint64Array(buffer, byteOffset, byteLength / 8);
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
    default:
      return undefined;
  }
}

/** Little-endian bytes as float32, undefined for types that are not read. 16-bit floats are exact, wider types round. */
export function toFloat32(dtype: SafetensorsDtype, bytes: Uint8Array): Float32Array | undefined {
  const values = view(dtype, bytes);
  if (!values || values instanceof Float32Array) return values;
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    return new Float32Array(Uint32Array.from(values as Uint16Array, (half) => half << 16).buffer);
  }
  if (dtype === 'F16') {
    const table = halves();
    return Float32Array.from(values as Uint16Array, (half) => table[half]);
  }
  return Float32Array.from(values as ArrayLike<number | bigint>, Number);
}

/** Little-endian bytes of an integer type as int32 (wider ones: the low 32 bits); undefined for any other type. */
export function toInt32(dtype: SafetensorsDtype, bytes: Uint8Array): Int32Array | undefined {
  const values = view(dtype, bytes);
  if (!values || isFloat(dtype)) return undefined;
  return Int32Array.from(values as ArrayLike<number | bigint>, (value) =>
    Number(BigInt.asIntN(32, BigInt(value))),
  );
}
