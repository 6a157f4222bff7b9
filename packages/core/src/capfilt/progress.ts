/** How far CapFilt is, for people. */
import { clock } from '../train';

export interface CapFiltProgress {
  /** Pictures. */
  done: number;
  total: number;
  /** Undefined before it can be told. */
  picturesPerSecond?: number;
  secondsLeft?: number;
}

/** Measures from the first batch of this process on, which compiles: it would spoil the rate. */
export class Pace {
  private started: { at: number; done: number } | undefined;

  constructor(
    private readonly total: number,
    private readonly now = () => performance.now() / 1000,
  ) {}

  /** To be called after each batch. */
  at(done: number): CapFiltProgress {
    const { total } = this;
    const now = this.now();
    this.started ??= { at: now, done };
    const seconds = now - this.started.at;
    if (done === this.started.done || seconds <= 0) return { done, total };
    const picturesPerSecond = (done - this.started.done) / seconds;
    return { done, total, picturesPerSecond, secondsLeft: (total - done) / picturesPerSecond };
  }
}

/** `640/10000 pictures  85 img/s  1:50 left` */
export function capfiltLine({ done, total, picturesPerSecond, secondsLeft }: CapFiltProgress): string {
  const rate = picturesPerSecond === undefined ? [] : [`${picturesPerSecond.toFixed(0)} img/s`];
  const left = secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`];
  return [`${done}/${total} pictures`, ...rate, ...left].join('  ');
}

/** A line on standard error: rewritten in place on a terminal, a new one now and then elsewhere. */
export class ProgressLine {
  private shown = -Infinity;

  constructor(private readonly stream: { isTTY?: boolean; write(text: string): unknown } = process.stderr) {}

  update(progress: CapFiltProgress): void {
    const now = performance.now() / 1000;
    const isLast = progress.done === progress.total;
    if (now - this.shown < (this.stream.isTTY ? 0.1 : 10) && !isLast) return;
    this.shown = now;
    const line = capfiltLine(progress);
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${line}${isLast ? '\n' : ''}` : `${line}\n`);
  }
}
