/** Study `one` as a process of its own, to be killed: `tsx runInProcess.ts RUNS`. */
import { join } from 'node:path';
import { runStudies } from '../../packages/core/src/studies';
import { fake } from './fakes';

void runStudies([fake('one')], {
  ...{ seeds: [0], scale: 'smoke', runsDir: process.argv[2] },
  worker: { file: join(import.meta.dirname, 'worker.ts') },
});
