/** The element types of safetensors files and their conversion to what JavaScript can hold. */

export type SafetensorsDtype = 'F32' | 'F16' | 'BF16' | 'I32' | 'I64' | 'U8' | 'BOOL';

export const BYTES: Record<SafetensorsDtype, number> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  I32: 4,
  I64: 8,
  U8: 1,
  BOOL: 1,
};

export function isDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === 'string' && Object.hasOwn(BYTES, name);
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

/** Little-endian bytes of any dtype as float32; 16-bit floats are exact, 64-bit integers may round. */
export function toFloat32(dtype: SafetensorsDtype, bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / BYTES[dtype];
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, length);
    case 'BF16': {
      // bfloat16 is the upper half of a float32.
      const bits = Uint32Array.from(new Uint16Array(buffer, byteOffset, length), (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case 'F16': {
      const table = halves();
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length), (half) => table[half]);
    }
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, length));
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, length), Number);
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
  }
}

/** Little-endian bytes of an integer dtype as int32 (64-bit integers: the low half). */
export function toInt32(dtype: 'I32' | 'I64' | 'U8' | 'BOOL', bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset } = bytes;
  const length = bytes.byteLength / BYTES[dtype];
  switch (dtype) {
    case 'I32':
      return new Int32Array(buffer, byteOffset, length);
    case 'I64':
      return Int32Array.from(new BigInt64Array(buffer, byteOffset, length), Number);
    default:
      return Int32Array.from(bytes);
  }
}
