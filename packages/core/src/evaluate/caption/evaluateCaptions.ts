/** Captions that a model writes of a split's pictures, held against the split's own (BLIP-2 section 4.2). */
import type { GenerationOptions, TextGeneration } from '../../generate';
import type { ImageTextSplit } from '../../data';
import { captionMetrics, type CaptionScores } from './captionMetrics';

/** What can be evaluated: anything that writes captions, the best first. */
export interface CaptionModel {
  caption(
    split: ImageTextSplit,
    indices: readonly number[],
    options?: GenerationOptions & { prompt?: string },
  ): Promise<TextGeneration[][]>;
}

/** Which pictures are captioned, and how captions are searched for. */
export interface CaptionEvaluationOptions {
  /** So many pictures, from the first on; all unless given. */
  limit?: number;
  /** How captions are searched for: beams of 5 as in the paper unless given; and what they begin with. */
  generation?: GenerationOptions & { prompt?: string };
}

/** A caption, beside those that people, or the world, gave. */
export interface JudgedCaption {
  /** Number of the picture. */
  picture: number;
  caption: string;
  references: readonly string[];
  /** It is true of the picture; absent where the data cannot tell. */
  right?: boolean;
}

/** Scores of captions, and every caption beside its references. */
export interface CaptionEvaluation {
  pictures: number;
  /** Times 100, as papers print them. */
  scores: CaptionScores;
  /** Captions that are true of their picture, in percent; absent where the data cannot tell. */
  right?: number;
  captions: JudgedCaption[];
  /** What was left out, and why. */
  notes: string[];
}

/** Scores over all pictures of a split. @throws Blip2Error if a picture has no caption to be held against */
export async function evaluateCaptions(
  model: CaptionModel,
  split: ImageTextSplit,
  { limit = split.size, generation }: CaptionEvaluationOptions = {},
): Promise<CaptionEvaluation> {
  const indices = Array.from({ length: Math.min(limit, split.size) }, (_, index) => index);
  const written = await model.caption(split, indices, generation);
  const captions = indices.map((picture, i): JudgedCaption => {
    const caption = written[i][0].text;
    const right = split.describes?.(picture, caption);
    return {
      picture,
      caption,
      references: split.captions(picture),
      ...(right !== undefined && { right }),
    };
  });
  const { scores, notes } = await captionMetrics(
    captions.map(({ caption }) => caption),
    captions.map(({ references }) => references),
  );
  const percent = Object.entries(scores).map(([name, score]) => [name, 100 * (score as number)]);
  return {
    pictures: indices.length,
    scores: Object.fromEntries(percent) as CaptionScores,
    ...(split.describes && { right: shareRight(captions) }),
    captions,
    notes,
  };
}

const shareRight = (captions: readonly JudgedCaption[]): number =>
  (100 * captions.filter(({ right }) => right).length) / captions.length;
