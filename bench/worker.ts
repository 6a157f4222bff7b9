/** A process that times steps on demand: `run N` in, one JSON line out (protocol: bench/peers/README.md). */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { OwnMemory } from './memory';

/** What a process says of the steps that it ran. */
export interface Timing {
  times: number[];
  peakMemory: number;
  /** The most of its own: of pages that no file backs. Absent where the system does not tell. */
  ownMemory?: number;
  /** Tracing and first runs; ours only. */
  compileSeconds?: number;
  /** Of one step, where they can be counted; ours only. */
  operations?: number;
  /** A few numbers of its result, by which two sides can be compared. */
  sample?: number[];
}

/** Milliseconds: where `torch.compile` takes longer, its variant is left out. */
const PATIENCE = 300_000;

/** A process of ours or of a peer. */
export class Worker {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private readonly ended: Promise<void>;
  private readonly memory?: OwnMemory;
  private errors = '';

  constructor(
    readonly name: string,
    command: string,
    args: string[],
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    if (this.child.pid !== undefined) this.memory = new OwnMemory(this.child.pid);
    this.child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.child.stdin!.on('error', () => undefined); // it ended: `answer` says why
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.child.once('error', (error) => (this.errors += error.message));
    this.reader = createInterface({ input: this.child.stdout! });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** Waits until the process is warm. */
  async ready(): Promise<void> {
    await this.answer();
  }

  async run(steps: number): Promise<Timing> {
    this.child.stdin!.write(`run ${steps}\n`);
    const timing = (await this.answer()) as unknown as Timing;
    return { ...timing, ownMemory: this.memory?.peak };
  }

  /** Its memory is free afterwards. */
  async stop(): Promise<void> {
    const tired = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    this.child.stdin!.end('quit\n');
    await this.ended;
    clearTimeout(tired);
    this.reader.close();
  }

  private async answer(): Promise<Record<string, unknown>> {
    let isLate = false;
    const tired = setTimeout(() => {
      isLate = true;
      this.child.kill('SIGKILL');
    }, PATIENCE);
    this.memory?.start();
    const next = await this.lines.next();
    this.memory?.stop();
    clearTimeout(tired);
    if (next.done) {
      await this.ended;
      const reason = isLate ? `no answer in ${PATIENCE / 1000} s` : this.errors.trim().split('\n').slice(-3);
      throw new Error(`${this.name} ended early: ${[reason].flat().join(' ')}`);
    }
    return JSON.parse(next.value) as Record<string, unknown>;
  }
}
