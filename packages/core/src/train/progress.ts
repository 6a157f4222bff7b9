/** How far a run is, for people: one line rewritten in place on a terminal, plain lines now and then elsewhere. */
import type { LogEntry } from './log';

export interface ProgressOptions {
  steps: number;
  /** Where lines go; standard error unless given. */
  stream?: { isTTY?: boolean; columns?: number; write(text: string): unknown };
  /** Seconds between plain lines where there is no terminal; 10 unless given. */
  interval?: number;
  now?: () => number;
}

/** 75 → "1:15", 3675 → "1:01:15". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const NOT_SHOWN = new Set(['step', 'learningRate', 'gradientNorm', 'samplesPerSecond']);

/** `step 120/1400  loss 3.214  itc 1.102  …  812 img/s  1:05 left`; no time while it cannot be told */
export function progressLine(entry: LogEntry, steps: number, secondsLeft?: number): string {
  const losses = Object.entries(entry).flatMap(([name, value]) =>
    typeof value === 'number' && !NOT_SHOWN.has(name) ? `${name} ${value.toFixed(3)}` : [],
  );
  const rate = `${entry.samplesPerSecond.toFixed(0)} img/s`;
  const left = secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`];
  return [`step ${entry.step + 1}/${steps}`, ...losses, rate, ...left].join('  ');
}

export class Progress {
  private readonly stream: NonNullable<ProgressOptions['stream']>;
  private readonly now: () => number;
  private started: { at: number; step: number } | undefined;
  private shown = -Infinity;

  constructor(private readonly options: ProgressOptions) {
    this.stream = options.stream ?? process.stderr;
    this.now = options.now ?? (() => performance.now() / 1000);
  }

  /** To be called after every step. */
  update(entry: LogEntry): void {
    const now = this.now();
    // The first step compiles: it would spoil the estimate.
    this.started ??= { at: now, step: entry.step };
    const last = entry.step + 1 === this.options.steps;
    if (now - this.shown < (this.stream.isTTY ? 0.1 : (this.options.interval ?? 10)) && !last) return;
    this.shown = now;
    const done = entry.step - this.started.step;
    const toDo = this.options.steps - entry.step - 1;
    const secondsLeft = done ? ((now - this.started.at) / done) * toDo : undefined;
    const line = progressLine(entry, this.options.steps, secondsLeft);
    // A line that wraps could not be rewritten in place.
    const fitting = line.slice(0, (this.stream.columns || Infinity) - 1);
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${fitting}` : `${line}\n`);
  }

  /** Leaves the terminal on a fresh line. */
  end(): void {
    if (this.stream.isTTY && this.started) this.stream.write('\n');
  }

  /** A line of its own, above the live one. */
  note(message: string): void {
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${message}\n` : `${message}\n`);
  }
}
