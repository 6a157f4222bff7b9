/** The threads that decode, as one thing that jobs are given to. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Blip2Error } from '../../runtime';
import { BUSY, STOP, type DecoderSettings, type Done, type Job } from './messages';

const extension = extname(__filename);
const script = join(__dirname, `decodeWorker${extension}`);
/** From the sources, in tests, a thread must learn TypeScript first. */
const isSource = extension === '.ts';
const entry = isSource ? `require('tsx/cjs'); require(${JSON.stringify(script)})` : script;

/** Milliseconds that a picture may take to be finished when threads are stopped. */
const PATIENCE = 5000;

/** Decodes jobs; a thread that ends by itself ends all. */
export class DecodeThreads {
  private readonly workers: Worker[];
  private readonly control = new Int32Array(new SharedArrayBuffer(8));
  private isDisposed = false;
  /** A thread that ends inside of libjpeg-turbo takes the process with it: so also when the process ends. */
  private readonly stop = (): void => {
    this.isDisposed = true;
    Atomics.store(this.control, STOP, 1);
    const end = Date.now() + PATIENCE;
    for (let busy; (busy = Atomics.load(this.control, BUSY)) > 0 && Date.now() < end;) {
      Atomics.wait(this.control, BUSY, busy, 100);
    }
  };

  constructor(
    count: number,
    settings: Omit<DecoderSettings, 'control'>,
    handlers: { onDone: (done: Done) => void; onFailure: (error: Blip2Error) => void },
  ) {
    this.workers = Array.from({ length: count }, () => {
      const worker = new Worker(entry, {
        workerData: { ...settings, control: this.control },
        eval: isSource,
      });
      worker.on('message', handlers.onDone);
      worker.on('error', (cause) => handlers.onFailure(failure(cause.message, cause)));
      worker.on('exit', (code) => {
        if (!this.isDisposed) handlers.onFailure(failure(`it ended with exit code ${code}`));
      });
      // What is waited for keeps the process alive, not idle threads. After the listeners: they would undo it.
      worker.unref();
      return worker;
    });
    process.once('exit', this.stop);
  }

  /** Parts the rows among the threads: neighbours stay together, for they may be neighbours on disk. */
  post({ rows, ...job }: Job): number {
    const each = Math.ceil(rows.length / this.workers.length);
    let jobs = 0;
    for (; jobs * each < rows.length; jobs++) {
      const part: Job = { ...job, rows: rows.slice(jobs * each, (jobs + 1) * each) };
      this.workers[(job.slot + jobs) % this.workers.length].postMessage(part);
    }
    return jobs;
  }

  async dispose(): Promise<void> {
    process.off('exit', this.stop);
    this.stop();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

const failure = (what: string, cause?: unknown): Blip2Error =>
  new Blip2Error(`A thread that decodes pictures is gone: ${what}`, {
    hint: 'Memory may have run out: fewer workers or a shorter prefetch need less. A resumed run sees the same batches.',
    cause,
  });
