/** Width and height of a JPEG from its first bytes: a tenth of what asking the decoder for them costs. */

/** What a JPEG says of itself. */
export interface JpegHeader {
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  components: number;
  /** It may have to be turned. */
  hasExif: boolean;
}

const [SOI, APP1, SOS] = [0xffd8, 0xffe1, 0xffda];
/** Start of frame: 0xffc0…0xffcf, but for three that are tables. */
const isFrame = (marker: number): boolean =>
  marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);

/** Nothing if it is no JPEG, or not a whole header. */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== SOI) return undefined;
  let hasExif = false;
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xff) {
      at++; // fill bytes
      continue;
    }
    const marker = view.getUint16(at);
    if (isFrame(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return width > 0 && height > 0 ? { width, height, components: bytes[at + 9], hasExif } : undefined;
    }
    if (marker < 0xff01 || marker === SOS) return undefined;
    hasExif ||= marker === APP1;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
