// Runs the steps that are not done yet, in order, and shows them.
import { rmSync } from 'node:fs';
import { paths } from './paths.mjs';
import { withLock } from './lock.mjs';
import { showStep } from './progress.mjs';
import { checkNode, checkRequirements } from './requirements.mjs';
import { cudaLibraries } from './steps/cuda-libraries.mjs';
import { jupyter } from './steps/jupyter.mjs';
import { nativeBinding } from './steps/native-binding.mjs';
import { npmPackages } from './steps/npm-packages.mjs';
import { packagesBuild } from './steps/packages-build.mjs';
import { pythonEnvironment } from './steps/python-environment.mjs';
import { tensorflowDownload } from './steps/tensorflow-download.mjs';
import { tensorflowUnpack } from './steps/tensorflow-unpack.mjs';

/** Each is { name, isDone(), run({ detail }) }; a step may undo the stamps of later ones, never of earlier ones. */
const STEPS = [
  npmPackages,
  pythonEnvironment,
  tensorflowDownload,
  tensorflowUnpack,
  cudaLibraries,
  nativeBinding,
  packagesBuild,
  jupyter,
];

/** Brings everything that the project needs into place; returns at once when it is there already. */
export async function bootstrap() {
  checkNode();
  if (STEPS.every((step) => step.isDone())) return;
  await withLock(runSteps);
}

async function runSteps() {
  const open = STEPS.filter((step) => !step.isDone());
  if (open.length === 0) return; // another set-up did it while this one waited
  checkRequirements();
  if (open.includes(npmPackages)) {
    console.error('Setting up: a minute or two, once. Ctrl-C stops it; the next start goes on from there.');
  }
  for (const [index, step] of STEPS.entries()) {
    if (step.isDone()) continue;
    const shown = showStep(index + 1, STEPS.length, step.name);
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
