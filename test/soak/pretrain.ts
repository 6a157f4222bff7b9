/**
 * A stage-1 pre-training as small as it gets, as a process of its own, to be killed, or one of several workers:
 * `node --import tsx pretrain.ts DIR TOWER RUNS STEPS`. It always goes on with what is there.
 */
import { joinCluster } from '../../packages/core/src/runtime';
import { stage1 } from '../../packages/core/src/recipes';
import { loadVisionTower } from '../../packages/core/src/data';
import { train } from '../../packages/core/src/train';
import { SMALL, smallShapes } from '../recipes/tower';

const [out, towerDir, runsDir, steps] = process.argv.slice(2);

joinCluster(); // before the first tensor

const recipe = stage1({
  ...SMALL,
  // 1, 2 or 3 workers have equal parts of it.
  batchSize: 6,
  qformer: { ...SMALL.qformer, dropout: 0.1 },
  data: smallShapes(),
  tower: loadVisionTower(towerDir),
  steps: Number(steps),
});

train(recipe, { out, runsDir, resume: true, checkpointEvery: 3, evaluateEvery: 50, progress: false }).then(
  ({ step }) => console.log(`step ${step}`),
  (error: Error & { hint?: string }) => {
    console.error([error.message, error.hint].filter(Boolean).join('\n'));
    process.exit(1);
  },
);
