/** A process that times steps on demand: `run N` in, one JSON line out (protocol: bench/peers/README.md). */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export interface Timing {
  median: number;
  min: number;
  max: number;
  times: number[];
  peakMemory: number;
  /** Tracing and first runs; ours only. */
  compileSeconds?: number;
  /** PyTorch's version; peers only. */
  torch?: string;
}

export class Worker {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private errors = '';

  constructor(
    readonly name: string,
    command: string,
    args: string[],
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.reader = createInterface({ input: this.child.stdout! });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** Waits until the process is warm. */
  async ready(): Promise<void> {
    await this.answer();
  }

  async run(steps: number): Promise<Timing> {
    this.child.stdin!.write(`run ${steps}\n`);
    return (await this.answer()) as unknown as Timing;
  }

  stop(): void {
    this.child.stdin!.end('quit\n');
    this.reader.close();
  }

  private async answer(): Promise<Record<string, unknown>> {
    const next = await this.lines.next();
    if (next.done)
      throw new Error(`${this.name} ended early: ${this.errors.trim().split('\n').slice(-3).join(' ')}`);
    return JSON.parse(next.value) as Record<string, unknown>;
  }
}
