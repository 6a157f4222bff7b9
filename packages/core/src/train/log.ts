/** `log.jsonl`: one JSON object per step. Survives a crash in mid-line and can be cut back to a step. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { fileError, writeAll, writeFileAtomic } from '../checkpoints';

/** One line of the log: the step, its losses and rates, and what an evaluation after it found. */
export interface LogEntry {
  step: number;
  loss: number;
  learningRate: number;
  samplesPerSecond: number;
  [metric: string]: number | Record<string, number>;
}

/** All whole lines of a log; a last line cut short by a crash is left out. Empty if there is no file. */
export function readLog(path: string): LogEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // After the last newline comes nothing, or a line that was being written when the process died.
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as LogEntry;
    } catch (cause) {
      throw new Blip2Error(`${path} line ${index + 1} is not JSON`, {
        hint: 'Delete the line, or the file.',
        cause,
      });
    }
  });
}

export class JsonlLog {
  private readonly handle: number;
  readonly entries: LogEntry[];

  /** Opens a log for appending; entries at or after step `from` are cut off first. */
  constructor(
    private readonly path: string,
    from: number,
  ) {
    this.entries = readLog(path).filter(({ step }) => step < from);
    writeFileAtomic(path, [this.entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')]);
    this.handle = openSync(path, 'a');
  }

  append(entry: LogEntry): void {
    try {
      writeAll(this.handle, Buffer.from(`${JSON.stringify(entry)}\n`));
    } catch (cause) {
      throw fileError(cause, 'write', this.path);
    }
    this.entries.push(entry);
  }

  /** Makes everything appended so far durable: done before each checkpoint, which relies on it. */
  flush(): void {
    try {
      fsyncSync(this.handle);
    } catch (cause) {
      throw fileError(cause, 'write', this.path);
    }
  }

  close(): void {
    closeSync(this.handle);
  }
}

/** Logs of a worker that writes none: what it would have written is kept in memory. */
export function unwrittenLogs() {
  const entries: LogEntry[] = [];
  const nothing = (): void => undefined;
  return {
    log: { entries, append: (entry: LogEntry) => void entries.push(entry), flush: nothing, close: nothing },
    events: { scalars: nothing as (step: number, scalars: Record<string, number>) => void, close: nothing },
  };
}
