/** Inputs of a step of a task that makes them on the host. */
import type { HostTensor } from '../../packages/core/src/checkpoints';
import type { Task } from '../../packages/core/src/train';

export async function hostInputs(task: Pick<Task, 'inputs'>, step = 0): Promise<Record<string, HostTensor>> {
  return (await task.inputs(step)) as Record<string, HostTensor>;
}
