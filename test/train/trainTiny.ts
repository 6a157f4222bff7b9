/** A run of the tiny task as a process of its own, to be killed: `tsx trainTiny.ts DIR [resume]`. */
import { setTimeout } from 'node:timers/promises';
import { train } from '../../packages/core/src/train';
import { tinyRecipe } from './tinyTask';

const [out, resume] = process.argv.slice(2);

train(tinyRecipe({ steps: 40 }), {
  out,
  resume: resume === 'resume',
  checkpointEvery: 6,
  progress: { interval: 0 },
  // Slow enough for a signal to arrive in mid-run.
  onStep: () => setTimeout(20),
}).then(
  (run) => console.log(JSON.stringify({ step: run.step, interrupted: run.interrupted })),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
