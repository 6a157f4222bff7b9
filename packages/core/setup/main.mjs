// `npx blip2 setup`: fetches TensorFlow and builds its binding, in any project that this package is installed in.
import { report } from './errors.mjs';
import { paths } from './paths.mjs';
import { runSteps, TENSORFLOW_STEPS } from './steps.mjs';
import { barePython } from './steps/bare-python.mjs';

try {
  await runSteps([barePython, ...TENSORFLOW_STEPS]);
  console.error(`TensorFlow is in place, in ${paths.state}.`);
} catch (error) {
  report(error);
  process.exitCode = 1;
}
