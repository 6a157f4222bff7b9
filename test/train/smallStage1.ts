/** Stage 1 at its smallest, with all that is drawn at random: for runs of one worker and of several. */
import { stage1, type Stage1Model } from '../../packages/core/src/recipes';
import type { Recipe } from '../../packages/core/src/train';
import { randomTower, SMALL, smallShapes } from '../recipes/tower';

export const smallStage1 = (): Recipe<Stage1Model> =>
  stage1({
    data: smallShapes(),
    tower: randomTower(),
    ...SMALL,
    qformer: { ...SMALL.qformer, dropout: 0.1 },
    steps: 8,
    batchSize: 6,
  });
