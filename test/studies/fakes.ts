/** Studies that train the tiny task: real runs and run folders, in a second. */
import { setTimeout } from 'node:timers/promises';
import type { Claim, Measurement, Study, StudyContext } from '../../packages/core/src/studies';
import { tinyRecipe } from '../train/tinyTask';

const CLAIM: Claim = { text: 'Trained fits better.', metric: 'fit', better: 'trained', worse: 'untrained' };

/** All of these need one run of forty steps, slow enough for signals and other processes to meet it. */
async function measure(context: StudyContext): Promise<Measurement[]> {
  const run = await context.run(tinyRecipe({ steps: 40 }), {
    checkpointEvery: 6,
    onStep: () => setTimeout(20),
  });
  return [
    { arm: 'trained', metric: 'fit', value: -run.log.at(-1)!.loss },
    { arm: 'untrained', metric: 'fit', value: -run.log[0].loss },
  ];
}

/** A study of any name. */
export function fake(name: string): Study {
  return {
    name,
    title: `The study ${name}`,
    source: 'section 0',
    announcement: `Shows what ${name} shows.`,
    seconds: { full: 10, short: 4, smoke: 1 },
    inputs: { settings: {}, towers: [] },
    measure,
    claims: [CLAIM],
    paper: [],
  };
}
