// Runs the steps of a set-up that are not done yet, in order, and shows them. A step is { name, isDone(),
// run({ detail }) }; it may undo the stamps of later steps, never of earlier ones.
import { rmSync } from 'node:fs';
import { withLock } from './lock.mjs';
import { paths } from './paths.mjs';
import { showStep } from './progress.mjs';
import { checkNode, checkRequirements } from './requirements.mjs';
import { cudaLibraries } from './steps/cuda-libraries.mjs';
import { nativeBinding } from './steps/native-binding.mjs';
import { tensorflowDownload } from './steps/tensorflow-download.mjs';
import { tensorflowUnpack } from './steps/tensorflow-unpack.mjs';

/** TensorFlow and its binding; they need `pythonProgram('python')` and the npm packages. */
export const TENSORFLOW_STEPS = [tensorflowDownload, tensorflowUnpack, cudaLibraries, nativeBinding];

/** Brings everything into place; returns at once when it is there already. */
export async function runSteps(steps) {
  checkNode();
  if (steps.every((step) => step.isDone())) return;
  await withLock(() => runOpenSteps(steps));
}

async function runOpenSteps(steps) {
  const open = steps.filter((step) => !step.isDone());
  if (open.length === 0) return; // another set-up did it while this one waited
  checkRequirements();
  if (open.includes(tensorflowDownload)) {
    console.error('Setting up: a minute or two, once. Ctrl-C stops it; the next start goes on from there.');
  }
  for (const [index, step] of steps.entries()) {
    if (step.isDone()) continue;
    const shown = showStep(index + 1, steps.length, step.name);
    try {
      await step.run({ detail: shown.detail });
      shown.done();
    } catch (error) {
      shown.failed();
      throw error;
    }
  }
  for (const folder of [paths.partial, paths.downloads]) rmSync(folder, { recursive: true, force: true });
}
