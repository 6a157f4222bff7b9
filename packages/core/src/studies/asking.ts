/** Questions as studies ask them: so many test pictures, greedily, and what came of it as measurements. */
import { evaluateVqa, type VqaEvaluation, type VqaModel } from '../evaluate';
import { vqaMetric } from '../recipes';
import { TEST_PICTURES } from './stage2Runs';
import type { Measurement, StudyContext } from './study';

/** Of one-word answers beams say the same in 99.8% of cases, and take six times as long. */
export const GREEDY = { numBeams: 1 };

/** How many pictures of the test split are asked about. */
export const testPictures = ({ scale }: StudyContext): { limit: number } => ({ limit: TEST_PICTURES[scale] });

export function askTest(context: StudyContext, model: VqaModel): Promise<VqaEvaluation> {
  return evaluateVqa(model, context.data.test, { ...testPictures(context), generation: GREEDY });
}

/** Over all questions, and over each kind. */
export const accuracies = (arm: string, { rows }: VqaEvaluation): Measurement[] =>
  rows.map(({ kind, accuracy }) => ({ arm, metric: vqaMetric(kind), value: accuracy }));
