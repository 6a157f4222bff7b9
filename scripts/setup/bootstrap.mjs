// The repository's set-up: what @blip2/core needs anywhere (packages/core/setup), and what working on it takes.
import { runSteps, TENSORFLOW_STEPS } from '../../packages/core/setup/steps.mjs';
import { jupyter } from './steps/jupyter.mjs';
import { npmPackages } from './steps/npm-packages.mjs';
import { packagesBuild } from './steps/packages-build.mjs';
import { pythonEnvironment } from './steps/python-environment.mjs';

const STEPS = [npmPackages, pythonEnvironment, ...TENSORFLOW_STEPS, packagesBuild, jupyter];

/** Brings everything that the project needs into place; returns at once when it is there already. */
export const bootstrap = () => runSteps(STEPS);
