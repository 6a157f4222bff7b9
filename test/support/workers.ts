/** Processes of a cluster, over the loopback interface. */
import { spawn } from 'node:child_process';
import { freePorts } from '../../packages/core/src/cli/ports';

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs a script `count` times, as workers that train together. */
export async function asWorkers(count: number, script: string, ...args: string[]): Promise<Outcome[]> {
  const worker = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
  return Promise.all(
    worker.map((_, index) => {
      const config = JSON.stringify({ cluster: { worker }, task: { type: 'worker', index } });
      const env = { ...process.env, TF_CONFIG: config };
      const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { env });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      return new Promise<Outcome>((resolve) =>
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
      );
    }),
  );
}
