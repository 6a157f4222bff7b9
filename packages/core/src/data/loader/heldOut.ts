/** Pictures set aside for validation: decoded as evaluation sees them, held in memory. */
import { breathe } from '../../runtime';
import { decodeImage } from '../../image';
import { drawBelow } from '../random';
import type { ImageTextSplit, VisualQuestion } from '../dataset';
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

interface Kept {
  /** Its number in the source, of questions that of one about it. */
  index: number;
  file: string;
  id: string;
  pixels: Uint8Array;
  captions: readonly string[];
}

/**
 * Draws pictures from the whole of the source; those that cannot be read are passed over. Of a source of questions a
 * picture comes with all that is asked about it, so that training sees neither.
 */
export async function heldOut(
  source: PictureSource,
  { count, imageSize, seed = 0 }: HeldOutOptions,
): Promise<HeldOutSplit> {
  const { asks = false } = source;
  const pictures: Kept[] = [];
  /** Of the pictures: several questions are about one, while a shard has many. */
  const files = new Set<string>();
  const seen = new Set<number>();
  for (let draw = 0; pictures.length < count && seen.size < source.size; draw++) {
    const index = drawBelow(source.size, seed, draw);
    if (seen.has(index)) continue;
    seen.add(index);
    try {
      const { file } = source.place(index);
      if (asks && files.has(file)) continue;
      const { id, bytes, captions } = await source.read(index);
      pictures.push({ index, file, id, captions, pixels: await decodeImage(bytes, imageSize) });
      files.add(file);
    } catch (error) {
      if (!(error instanceof UnreadableError) && !isUndecodable(error)) throw error;
    }
  }
  const split = {
    name: 'validation',
    size: pictures.length,
    imageSize,
    identity: { ...source.identity, heldOut: count, seed },
    pixels: (index: number) => pictures[index].pixels,
  };
  if (!asks) {
    return {
      ...split,
      indices: Int32Array.from(pictures, ({ index }) => index),
      id: (index) => pictures[index].id,
      captions: (index) => pictures[index].captions,
    };
  }
  const { indices, questions } = await questionsAbout(source, pictures);
  return {
    ...split,
    indices,
    id: (index) => pictures[index].file,
    captions: () => [],
    questions: (index) => questions.get(pictures[index].file)!,
  };
}

/** All questions about some pictures, wherever in the source they stand: it is gone through once. */
async function questionsAbout(source: PictureSource, pictures: readonly Kept[]) {
  const questions = new Map<string, VisualQuestion[]>(pictures.map(({ file }) => [file, []]));
  const indices: number[] = [];
  for (const { name, start, size } of source.parts) {
    for (let index = start; index < start + size; index++) {
      if (index % 10_000 === 0) await breathe();
      const { file, known } = source.place(index);
      const own = questions.get(file);
      if (!own) continue;
      indices.push(index);
      if (known?.question !== undefined) own.push(asVisualQuestion(name, known.question, known.captions));
    }
  }
  return { questions, indices: Int32Array.from(indices) };
}

function asVisualQuestion(kind: string, question: string, answers: readonly string[]): VisualQuestion {
  const count = (answer: string) => answers.filter((one) => one === answer).length;
  const answer = answers.reduce((most, one) => (count(one) > count(most) ? one : most));
  return { kind, question, answer, ...(answers.length > 1 && { answers }) };
}

const isUndecodable = (error: unknown): boolean => (error as Error).message.includes('cannot be decoded');
