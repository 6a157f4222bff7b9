/** Pictures drawn as SVG and turned into PNG: sharp, the same everywhere, and no browser is needed. */
import sharp from 'sharp';
import type { Rendering } from './view';

export const FONT = "'DejaVu Sans', 'Liberation Sans', Helvetica, Arial, sans-serif";
/** Text, quiet text, hairlines. */
export const INK = { text: '#24292f', quiet: '#656d76', line: '#d8dee4' };

/** Pixels of the PNG per pixel on the page: crisp on dense screens. */
const DENSITY = 2;

export interface Drawing {
  width: number;
  height: number;
  /** Elements of an SVG document. */
  content: string;
}

export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[c]};`);

/** A line of text; y is its baseline. */
export function label(
  text: string,
  x: number,
  y: number,
  style: { size?: number; color?: string; anchor?: 'start' | 'middle' | 'end'; bold?: boolean } = {},
): string {
  const { size = 12, color = INK.text, anchor = 'start', bold = false } = style;
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${color}" text-anchor="${anchor}"${weight}>${escape(text)}</text>`;
}

/** About how wide a text is: SVG itself cannot be asked. */
export const textWidth = (text: string, size: number): number => text.length * size * 0.56;

/** Words broken into lines no wider than `width`. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** A picture placed in a drawing. @param url data URL */
export function picture(url: string, x: number, y: number, width: number, height: number): string {
  return `<image href="${url}" x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" style="image-rendering:pixelated"/>`;
}

export function svgDocument({ width, height, content }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}"><rect width="100%" height="100%" fill="#ffffff"/>${content}</svg>`;
}

/** A drawing as `image/png`, with the size in which it is meant to be seen. */
export async function renderPng(drawing: Drawing, density = DENSITY): Promise<Rendering> {
  const png = await sharp(Buffer.from(svgDocument(drawing)), { density: 72 * density, unlimited: true })
    .flatten({ background: '#ffffff' })
    .png({ compressionLevel: 9, palette: true, quality: 100, effort: 7, dither: 0 })
    .toBuffer();
  const { width, height } = drawing;
  return {
    data: { 'image/png': png.toString('base64') },
    metadata: { 'image/png': { width, height } },
  };
}
