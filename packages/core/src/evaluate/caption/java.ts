/** A Java program that is talked to in lines. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Blip2Error } from '../../runtime';
import { JARS_VARIABLE } from './jars';

/** Milliseconds. */
const TO_END = 10_000;

export class JavaProgram {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly silence: NodeJS.Timeout;
  private readonly closed: Promise<unknown>;
  private silent = false;
  private complaint = '';

  /**
   * @param name for messages
   * @param options of Java, such as -Xmx2G
   * @param patience milliseconds without a line after which it is given up
   */
  constructor(
    private readonly name: string,
    jar: string,
    options: readonly string[],
    args: readonly string[],
    private readonly patience: number,
  ) {
    const command = [...options, '-Dfile.encoding=UTF-8', '-jar', basename(jar), ...args];
    this.child = spawn('java', command, { cwd: dirname(jar) });
    this.closed = once(this.child, 'close').catch((cause: Error) => (this.complaint = cause.message));
    // A program that has gone is noticed when its next line is missing.
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on(
      'data',
      (data: Buffer) => (this.complaint = (this.complaint + data.toString()).slice(-2000)),
    );
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.silence = setTimeout(() => {
      this.silent = true;
      this.child.kill('SIGKILL');
    }, patience);
  }

  write(lines: readonly string[]): void {
    this.child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** @throws Blip2Error if the program ends or says nothing for too long */
  async read(): Promise<string> {
    const next = await this.lines.next();
    this.silence.refresh();
    if (!next.done) return next.value;
    await this.closed;
    throw this.failure(this.silent ? `said nothing for ${this.patience / 1000} s` : 'ended early');
  }

  /** Lets it run to its end. @throws Blip2Error if that is none in order, or takes too long */
  async finish(): Promise<void> {
    this.child.stdin.end();
    await this.closed;
    if (this.silent) throw this.failure(`did not end within ${this.patience / 1000} s`);
    if (this.child.exitCode !== 0) throw this.failure(`ended with exit code ${this.child.exitCode}`);
  }

  failure(what: string): Blip2Error {
    const said = this.complaint.trim().split('\n').slice(-5).join('\n');
    return new Blip2Error(`${this.name} ${what}${said ? `: ${said}` : ''}`, {
      hint: `Is it whole, and does it run with this Java (see docs/metrics.md)? Without ${JARS_VARIABLE} it is left out.`,
    });
  }

  /** Ends it in any case. */
  async end(): Promise<void> {
    clearTimeout(this.silence);
    this.child.stdin.end();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), TO_END);
    await this.closed;
    clearTimeout(kill);
  }
}
