/** All caption metrics of a set of images. */
import { Blip2Error } from '../../runtime';
import { bleu } from './bleu';
import { cider } from './cider';
import { findJars } from './jars';
import { meteor } from './meteor';
import { ptbTokenize } from './ptbTokenizer';
import { rougeL } from './rougeL';
import { spice } from './spice';

/** 0 to 1, CIDEr 0 to 10: papers print them times 100. */
export interface CaptionScores {
  'BLEU-1': number;
  'BLEU-2': number;
  'BLEU-3': number;
  'BLEU-4': number;
  'ROUGE-L': number;
  CIDEr: number;
  /** Where Java and the programs are there. */
  METEOR?: number;
  SPICE?: number;
}

/** Scores of a set and of each image. */
export interface CaptionResult {
  scores: CaptionScores;
  /** Of each image, in the order given. BLEU's and METEOR's do not average to those of all images. */
  perImage: CaptionScores[];
  /** What was left out, and why. */
  notes: string[];
}

/** Where METEOR and SPICE come from. */
export interface CaptionOptions {
  /** Folder with METEOR's and SPICE's programs; default: what BLIP2_CAPTION_JARS says. */
  jars?: string;
}

function check(predictions: readonly string[], references: readonly (readonly string[])[]): void {
  if (predictions.length === 0)
    throw new Blip2Error('There are no captions to be scored', { hint: 'Give one caption per image.' });
  if (references.length !== predictions.length) {
    throw new Blip2Error(`${predictions.length} captions, but references of ${references.length} images`, {
      hint: 'Give one caption and one list of references per image, in the same order.',
    });
  }
  const without = references.findIndex((captions) => captions.length === 0);
  if (without >= 0)
    throw new Blip2Error(`Image ${without} has no reference caption`, {
      hint: 'Leave such images out, among the captions too.',
    });
}

/**
 * BLEU, ROUGE-L, CIDEr-D, METEOR and SPICE of captions, equal to pycocoevalcap's.
 * @param predictions one caption per image
 * @param references of each image at least one caption
 * @throws Blip2Error on no or unequally many images, an image without references, a program that fails
 */
export async function captionMetrics(
  predictions: readonly string[],
  references: readonly (readonly string[])[],
  options: CaptionOptions = {},
): Promise<CaptionResult> {
  check(predictions, references);
  const candidates = ptbTokenize(predictions);
  const tokens = ptbTokenize(references.flat()).values();
  const tokenized = references.map((captions) => captions.map(() => tokens.next().value!));
  const jars = findJars(options.jars);

  const { corpus, perImage } = bleu(candidates, tokenized);
  const others = {
    'ROUGE-L': rougeL(candidates, tokenized),
    CIDEr: cider(candidates, tokenized),
    ...(jars.meteor && { METEOR: await meteor(candidates, tokenized, jars.meteor) }),
    ...(jars.spice && { SPICE: await spice(candidates, tokenized, jars.spice) }),
  };
  const scores = (
    ofBleu: readonly number[],
    of: (metric: { corpus: number; perImage: number[] }) => number,
  ) =>
    Object.fromEntries([
      ...ofBleu.map((score, n) => [`BLEU-${n + 1}`, score]),
      ...Object.entries(others).map(([name, metric]) => [name, of(metric)]),
    ]) as unknown as CaptionScores;
  return {
    scores: scores(corpus, (metric) => metric.corpus),
    perImage: perImage.map((ofBleu, i) => scores(ofBleu, (metric) => metric.perImage[i])),
    notes: jars.notes,
  };
}
