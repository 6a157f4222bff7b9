/** What training measures on its way, by the names that a run's log has for it. */
import type { ImageTextSplit } from '../data';
import {
  evaluateCaptions,
  evaluateRetrieval,
  evaluateVqa,
  type CaptionModel,
  type RetrievalModel,
  type VqaModel,
} from '../evaluate';

/** Candidates that evaluation during training re-ranks. */
const CANDIDATES = 16;
/** Pictures that it asks about. Greedy, for it is asked often. */
const ASKED = { limit: 200, generation: { numBeams: 1 } };

/** R@1 in percent, by ranking and direction. */
export async function validationRecall(
  model: RetrievalModel,
  split: ImageTextSplit,
): Promise<Record<string, number>> {
  const { rows } = await evaluateRetrieval(model, split, { k: CANDIDATES });
  return Object.fromEntries(rows.map(({ scores, direction, r1 }) => [`${scores} ${direction} R@1`, r1]));
}

/** Accuracy of answers, in percent: after stage 2 the curve of the paper's figure 5. */
export async function validationVqa(model: VqaModel, split: ImageTextSplit): Promise<Record<string, number>> {
  const { rows } = await evaluateVqa(model, split, ASKED);
  return Object.fromEntries(rows.map(({ kind, accuracy }) => [vqaMetric(kind), accuracy]));
}

/** What a run's log calls the accuracy of a kind of question: `VQA accuracy` over all, `VQA accuracy, color`. */
export const vqaMetric = (kind: string = 'all'): string =>
  kind === 'all' ? 'VQA accuracy' : `VQA accuracy, ${kind}`;

/** CIDEr and BLEU-4, and how many captions are true of their picture where the data can tell. */
export async function validationCaptions(
  model: CaptionModel,
  split: ImageTextSplit,
): Promise<Record<string, number>> {
  const { scores, right } = await evaluateCaptions(model, split, ASKED);
  const { CIDEr, 'BLEU-4': bleu } = scores;
  return { CIDEr, 'BLEU-4': bleu, ...(right !== undefined && { [CAPTIONS_RIGHT]: right }) };
}

/** What a run's log calls the share of captions that are true of their picture. */
export const CAPTIONS_RIGHT = 'captions right';
