/**
 * One of several workers that train: `tsx distributedRun.ts DIR [stop|die WORKER STEP]`. Prints the step reached, the losses
 * it logged, and a hash of the weights.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../packages/core/src/checkpoints';
import { cluster, joinCluster } from '../../packages/core/src/runtime';

joinCluster();

const [out, what, worker, step] = process.argv.slice(2);

async function main(): Promise<void> {
  const { train } = await import('../../packages/core/src/train');
  const { smallStage1 } = await import('./smallStage1');
  const abort = new AbortController();
  const run = await train(smallStage1(), {
    out,
    runsDir: mkdtempSync(join(tmpdir(), 'blip2-distributed-')),
    resume: true,
    checkpointEvery: 100,
    signal: abort.signal,
    progress: false,
    onStep: (entry) => {
      if (entry.step !== Number(step) || cluster()?.index !== Number(worker)) return;
      if (what === 'stop') abort.abort();
      else process.kill(process.pid, 'SIGKILL');
    },
  });
  const weights = Object.values(run.model.parameters.snapshot()).map(({ data }) =>
    sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
  const losses = run.log.map(({ loss }) => loss);
  console.log(JSON.stringify({ step: run.step, losses, weights: sha256(weights.join()) }));
}

main().catch((error: Error & { hint?: string }) => {
  console.error(`${error.message}\n${error.hint}`);
  process.exit(1);
});
