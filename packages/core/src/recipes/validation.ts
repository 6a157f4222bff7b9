/** What training for retrieval measures on its way. */
import type { ImageTextSplit } from '../data';
import { evaluateRetrieval, type RetrievalModel } from '../evaluate';

/** Candidates that evaluation during training re-ranks. */
const CANDIDATES = 16;

/** R@1 in percent, by ranking and direction. */
export async function validationRecall(
  model: RetrievalModel,
  split: ImageTextSplit,
): Promise<Record<string, number>> {
  const { rows } = await evaluateRetrieval(model, split, { k: CANDIDATES });
  return Object.fromEntries(rows.map(({ scores, direction, r1 }) => [`${scores} ${direction} R@1`, r1]));
}
