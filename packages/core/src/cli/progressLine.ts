/** How far a long copy is, on standard error: one line that is written over on a terminal, a line now and then elsewhere. */

/** Between lines that are not written over. */
const SECONDS = 10;

export class ProgressLine {
  private last = 0;

  /** Bytes of what. */
  show(what: string, done: number, size?: number): void {
    const { stderr } = process;
    const now = Date.now();
    const isEnd = done === size;
    if (!isEnd && now - this.last < (stderr.isTTY ? 200 : SECONDS * 1000)) return;
    this.last = now;
    const share = size ? `, ${Math.floor((100 * done) / size)} %` : '';
    const line = `${what}: ${(done / 1e6).toFixed(0)} MB${share}`;
    stderr.write(stderr.isTTY ? `\r\x1b[K${line}${isEnd ? '\n' : ''}` : `${line}\n`);
  }

  /** Leaves the line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}
