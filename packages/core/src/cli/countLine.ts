/** How many of many things are done, on standard error: one line that is written over on a terminal, a line now and then elsewhere. */

/** Seconds between lines that are not written over. */
const SECONDS = 30;

export class CountLine {
  private last = 0;
  private start: { at: number; done: number } | undefined;

  /** @param what the things that are counted */
  constructor(private readonly what: string) {}

  show(done: number, of: number, about = ''): void {
    const now = Date.now();
    this.start ??= { at: now, done };
    const { isTTY } = process.stderr;
    if (done < of && now - this.last < (isTTY ? 200 : SECONDS * 1000)) return;
    this.last = now;
    const perSecond = (1000 * (done - this.start.done)) / Math.max(1, now - this.start.at);
    const left = perSecond > 0 && done < of ? `, ${time((of - done) / perSecond)} left` : '';
    const line = `${about}${done} of ${of} ${this.what}${left}`;
    process.stderr.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** A line of its own. */
  print(message: string): void {
    this.end();
    console.error(message);
  }

  /** Leaves the line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    this.start = undefined;
  }
}

function time(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.ceil(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
