/** The starter's side of a worker: a job in a process of its own. */
import { fork } from 'node:child_process';
import { STOP, type Assignment, type Failure, type Report } from './messages';

export interface WorkerOptions {
  /** The script, and Node's own arguments for it; those of this process unless given. */
  script: { file: string; execArgv?: string[] };
  /** Leave the other threads to other workers. */
  oneThread: boolean;
  /** Asks the worker to save what it is training, and to end. */
  signal: AbortSignal;
  onReport: (report: Exclude<Report, { kind: 'failed' }>) => void;
}

const ONE_THREAD = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: '1' };
/** How much of what a worker prints is kept, in case that it dies without a word of its own. */
const KEPT = 2000;

/** Has a worker measure. @returns why it failed, if it did */
export function measureInWorker(
  assignment: Assignment,
  { script, oneThread, signal, onReport }: WorkerOptions,
): Promise<Failure | undefined> {
  const child = fork(script.file, [JSON.stringify(assignment)], {
    ...(script.execArgv && { execArgv: script.execArgv }),
    env: { ...process.env, ...(oneThread ? ONE_THREAD : {}) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = () => void (child.connected && child.send(STOP));
  signal.addEventListener('abort', stop);

  let failure: Failure | undefined;
  let printed = '';
  const collect = (data: Buffer) => (printed = (printed + data.toString()).slice(-KEPT));
  child.stdout!.on('data', collect);
  child.stderr!.on('data', collect);
  child.on('message', (report: Report) => {
    if (report.kind === 'failed') failure = { message: report.message, hint: report.hint };
    else onReport(report);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killer) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) return resolve(undefined);
      const how = killer ? `was ended by ${killer}` : `ended with exit code ${code}`;
      resolve(failure ?? { message: `The process that measured ${how}\n${printed}`.trim() });
    });
  });
}
