/** Pictures set aside for validation: decoded as evaluation sees them, held in memory. */
import { decodeImage } from '../../image';
import { drawBelow } from '../random';
import type { ImageTextSplit } from '../dataset';
import { UnreadableError, type PictureSource } from '../sources';

/** Which pictures are set aside. */
export interface HeldOutOptions {
  /** How many. */
  count: number;
  /** Side that they are resized to. */
  imageSize: number;
  /** Of the drawing; 0 unless given. */
  seed?: number;
}

/** A split in memory that knows where it came from. */
export interface HeldOutSplit extends ImageTextSplit {
  /** Their numbers in the source: what training must leave out (`LoaderOptions.without`). */
  indices: Int32Array;
}

/** Draws pictures from the whole of the source; those that cannot be read are passed over. */
export async function heldOut(
  source: PictureSource,
  { count, imageSize, seed = 0 }: HeldOutOptions,
): Promise<HeldOutSplit> {
  const kept = new Map<number, { id: string; pixels: Uint8Array; captions: readonly string[] }>();
  const seen = new Set<number>();
  for (let draw = 0; kept.size < count && seen.size < source.size; draw++) {
    const index = drawBelow(source.size, seed, draw);
    if (seen.has(index)) continue;
    seen.add(index);
    try {
      const { id, bytes, captions } = await source.read(index);
      kept.set(index, { id, captions, pixels: await decodeImage(bytes, imageSize) });
    } catch (error) {
      if (!(error instanceof UnreadableError) && !isUndecodable(error)) throw error;
    }
  }
  const indices = Int32Array.from(kept.keys());
  const pictures = [...kept.values()];
  return {
    name: 'validation',
    size: pictures.length,
    imageSize,
    identity: { ...source.identity, heldOut: count, seed },
    indices,
    id: (index) => pictures[index].id,
    pixels: (index) => pictures[index].pixels,
    captions: (index) => pictures[index].captions,
  };
}

const isUndecodable = (error: unknown): boolean => (error as Error).message.includes('cannot be decoded');
