/** Processes of a cluster, over the loopback interface. */
import { spawn, type ChildProcess } from 'node:child_process';
import { freePorts } from '../../packages/core/src/cli/ports';

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Processes of a cluster, and how they all end. */
export interface RunningWorkers {
  children: ChildProcess[];
  ended: Promise<Outcome[]>;
}

/** Starts a script `count` times, as workers that train together. */
export async function startWorkers(
  count: number,
  script: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<RunningWorkers> {
  const worker = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
  const started = worker.map((_, index) => {
    const config = JSON.stringify({ cluster: { worker }, task: { type: 'worker', index } });
    const env = { ...process.env, ...more, TF_CONFIG: config };
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const ended = new Promise<Outcome>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    );
    return { child, ended };
  });
  return {
    children: started.map(({ child }) => child),
    ended: Promise.all(started.map(({ ended }) => ended)),
  };
}

/** Runs a script `count` times, as workers that train together. */
export const asWorkers = async (count: number, script: string, ...args: string[]): Promise<Outcome[]> =>
  (await startWorkers(count, script, args)).ended;
