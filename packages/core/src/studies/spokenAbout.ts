/** The test pictures that figure 4 speaks about, and how texts are written about them. */
import { GREEDY } from './asking';
import { sceneOf, type Scene } from './prompts';
import type { Scale, StudyContext } from './study';

const PICTURES: Record<Scale, number> = { full: 500, short: 150, smoke: 8 };
/** Of each kind and language model, for the report. */
export const EXAMPLES = 2;
/** Captions of one object are shorter. */
export const GENERATION = { ...GREEDY, maxNewTokens: 16 };

/** Their numbers, and what they show. */
export function scenesOf({ data, scale }: StudyContext): { indices: number[]; scenes: Scene[] } {
  const count = Math.min(PICTURES[scale], data.test.size);
  const indices = Array.from({ length: count }, (_, index) => index);
  return { indices, scenes: indices.map((index) => sceneOf(data.world.splits.test[index])) };
}

/** Each picture's next one: what prompts about the first are held against. */
export const elsewhere = (indices: readonly number[], size: number): number[] =>
  indices.map((index) => (index + 1) % size);
