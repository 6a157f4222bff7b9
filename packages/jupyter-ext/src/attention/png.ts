/** A bundle's picture: a PNG within the bundle, of the size that it claims. */
import { count, fail, record } from './checks';
import { decode, isBase64 } from './numbers';

/** A PNG as a data URL, and its size in pixels. */
export interface Picture {
  url: string;
  width: number;
  height: number;
}

const START = 'data:image/png;base64,';
/** A browser takes four bytes for each pixel, however short the file is. */
const MOST = { side: 16_384, pixels: 50_000_000 };

export function readPicture(value: unknown): Picture {
  const image = record(value, 'image');
  const [width, height] = [
    count(image.width, 'image.width', MOST.side),
    count(image.height, 'image.height', MOST.side),
  ];
  if (width * height > MOST.pixels) fail('image', `expected at most ${MOST.pixels} pixels`);
  const url = pngUrl(image.url);
  const size = sizeInHeader(url.slice(START.length));
  if (size[0] !== width || size[1] !== height) {
    fail('image', `the PNG has ${size.join(' × ')} pixels, not ${width} × ${height}`);
  }
  return { url, width, height };
}

function pngUrl(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith(START))
    fail('image.url', 'expected a PNG as a data URL');
  const body = value.slice(START.length).replace(/={1,2}$/, '');
  if (!isBase64(body)) fail('image.url', 'is not base64');
  return value;
}

/** From the first chunk: signature (8 bytes), length and name (8), width and height (4 each). */
function sizeInHeader(base64: string): [number, number] {
  const header = base64.slice(0, 32);
  const bytes = header.length === 32 && !header.includes('=') ? decode(header) : new Uint8Array(24);
  if (String.fromCharCode(...bytes.slice(1, 4), ...bytes.slice(12, 16)) !== 'PNGIHDR') {
    fail('image.url', 'is not a PNG');
  }
  const view = new DataView(bytes.buffer);
  return [view.getUint32(16), view.getUint32(20)];
}
