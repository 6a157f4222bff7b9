/** A model as it is before its first step: what a trained one is compared with. */
import type { Recipe } from '../train';
import type { StudyContext } from './study';

export async function untrained<M>(context: StudyContext, recipe: Recipe<M>): Promise<M> {
  const { seed, runsDir } = context;
  const training = { ...recipe.training, seed };
  const task = await recipe.prepare({ training, runsDir, note: (message) => context.note(message) });
  return task.model;
}
