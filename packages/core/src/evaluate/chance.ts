/** What guessing finds: the line that any recall must be held against. */
import type { ImageTextSplit } from '../data';
import type { Recall } from './ranking';
import { textPool, type RetrievalOptions, type RetrievalRow } from './retrieval';

/** Recall@1/5/10 both ways of an order drawn at random, in percent: its expectation. */
export function chanceRecall(
  split: ImageTextSplit,
  { equalTexts }: Pick<RetrievalOptions, 'equalTexts'> = {},
): Pick<RetrievalRow, 'direction' | keyof Recall>[] {
  const { texts, relevant } = textPool(split, equalTexts);
  const perText = texts.map(() => 0);
  for (const text of relevant.flat()) perText[text]++;
  return [
    {
      direction: 'image→text',
      ...expected(
        relevant.map((own) => own.length),
        texts.length,
      ),
    },
    { direction: 'text→image', ...expected(perText, split.size) },
  ];
}

/** @param relevant how many of the candidates are right, for each query */
function expected(relevant: readonly number[], candidates: number): Recall {
  const at = (k: number) =>
    (100 * relevant.reduce((sum, count) => sum + hit(count, candidates, k), 0)) / relevant.length;
  return { r1: at(1), r5: at(5), r10: at(10) };
}

/** The probability that of `k` drawn without replacement at least one is among the `right`. */
function hit(right: number, candidates: number, k: number): number {
  let missed = 1;
  for (let i = 0; i < Math.min(k, candidates); i++)
    missed *= Math.max(candidates - right - i, 0) / (candidates - i);
  return 1 - missed;
}
