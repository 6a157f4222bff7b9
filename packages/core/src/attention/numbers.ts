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
  const bytes = bytesOf(values);
  const numbers = new Float32Array(bytes.length);
  fromBase64(scale).forEach((largest, row) => {
    for (let i = row * width; i < (row + 1) * width; i++) numbers[i] = (bytes[i] * largest) / 255;
  });
  return numbers;
}

/**
 * A byte for each number, the largest of its row being 255: what is lost is at most half a step of scale / 255. Needs
 * numbers of 0 and more.
 * @param width of a row
 */
export function quantise(values: Float32Array, width: number): Required<Packed> {
  const scales = new Float32Array(values.length / width);
  const bytes = new Uint8Array(values.length);
  for (let row = 0; row < scales.length; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    const largest = own.reduce((most, value) => Math.max(most, value), 0);
    scales[row] = largest;
    for (let i = 0; largest > 0 && i < width; i++) {
      bytes[row * width + i] = Math.round((own[i] / largest) * 255);
    }
  }
  return { values: toBase64(bytes), scale: toBase64(scales) };
}
