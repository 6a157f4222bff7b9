/** Numbers as base64: float32, or a byte each with a scale per row. Little-endian, as every processor that Node runs on. */

export function toBase64(values: Float32Array | Uint8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export function fromBase64(text: string): Float32Array {
  return new Float32Array(bytesOf(text).buffer);
}

/** A table whose numbers may have been rounded to bytes. */
export interface Packed {
  values: string;
  /** Of each row; without it `values` are float32. */
  scale?: string;
}

/** @param width of a row */
export function unpack({ values, scale }: Packed, width: number): Float32Array {
  if (scale === undefined) return fromBase64(values);
  const scales = fromBase64(scale);
  return Float32Array.from(bytesOf(values), (byte, i) => (byte * scales[Math.floor(i / width)]) / 255);
}

/**
 * A byte for each number, the largest of its row being 255: what is lost is at most half a step of scale / 255. Needs
 * numbers of 0 and more.
 * @param width of a row
 */
export function quantise(values: Float32Array, width: number): Required<Packed> {
  const scales = new Float32Array(values.length / width);
  values.forEach((value, i) => {
    const row = Math.floor(i / width);
    scales[row] = Math.max(scales[row], value);
  });
  const bytes = Uint8Array.from(values, (value, i) => {
    const scale = scales[Math.floor(i / width)];
    return scale > 0 ? Math.round((value / scale) * 255) : 0;
  });
  return { values: toBase64(bytes), scale: toBase64(scales) };
}
