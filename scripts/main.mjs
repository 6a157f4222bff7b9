// What every npm script of the project does around its own work: set up, run, report, exit.
import { bootstrap } from './setup/bootstrap.mjs';
import { report } from '../packages/core/setup/errors.mjs';

/** Sets up, then runs `work`, which may resolve to an exit code. */
export async function main(work) {
  try {
    await bootstrap();
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
