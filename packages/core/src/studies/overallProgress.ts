/** How far all studies are together, for people: one line rewritten in place on a terminal, plain lines elsewhere. */
import { clock, type ProgressOptions } from '../train';
import type { Job, StudyEvent } from './runner';
import type { Scale, Study } from './study';

interface Running {
  since: number;
  /** What it does right now. */
  text: string;
}

export interface OverallProgressOptions extends Pick<ProgressOptions, 'stream' | 'interval' | 'now'> {
  jobs: number;
  scale: Scale;
  /** All there is to do, done or not: each study with each seed. */
  studies: readonly Study[];
  seeds: readonly number[];
}

const nameOf = ({ study, seed }: Job) => `${study.name}, seed ${seed}`;

export class OverallProgress {
  private readonly stream: NonNullable<ProgressOptions['stream']>;
  private readonly now: () => number;
  private readonly total: readonly Job[];
  /** By name. */
  private readonly running = new Map<string, Running>();
  /** Names of those that will not run, or no more. */
  private readonly ended = new Set<string>();
  private readonly announced = new Set<string>();
  /** Seconds of those that were measured here: as told beforehand, and as it came out. */
  private readonly spent = { expected: 0, real: 0 };
  private shown = -Infinity;

  constructor(private readonly options: OverallProgressOptions) {
    this.total = options.seeds.flatMap((seed) => options.studies.map((study) => ({ study, seed })));
    this.stream = options.stream ?? process.stderr;
    this.now = options.now ?? (() => performance.now() / 1000);
  }

  update(event: StudyEvent): void {
    const { job } = event;
    switch (event.kind) {
      case 'found':
        this.ended.add(nameOf(job));
        return this.print(`${nameOf(job)}: taken from ${event.path}`);
      case 'started':
        this.announce(job);
        this.running.set(nameOf(job), { since: this.now(), text: 'starting' });
        break;
      case 'note':
        this.print(`${nameOf(job)}: ${event.text}`);
        break;
      case 'activity':
        this.say(job, event.text);
        break;
      case 'step':
        this.say(job, `step ${event.step}/${event.steps}  ${event.samplesPerSecond.toFixed(0)} img/s`);
        break;
      case 'done':
        this.end(job);
        return this.print(`${nameOf(job)}: done in ${clock(event.result.seconds)} → ${event.path}`);
      case 'stopped':
        this.end(job);
        return this.print(`${nameOf(job)}: stopped, what was trained is saved`);
      case 'failed':
        this.end(job);
        return this.print(`${nameOf(job)}: failed: ${event.message}${event.hint ? `\n→ ${event.hint}` : ''}`);
    }
    this.show();
  }

  /** A line of its own, above the live one. */
  print(text: string): void {
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`);
  }

  /** Takes the live line away. */
  close(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
  }

  /** What a study will show, before its first seed. */
  private announce({ study }: Job): void {
    if (this.announced.has(study.name)) return;
    this.announced.add(study.name);
    const { title, source, announcement, seconds, name } = study;
    const length = `about ${clock(seconds[this.options.scale])} a seed`;
    this.print(`\n== ${name}: ${title} (${source}; ${length})\n${announcement}`);
  }

  private say(job: Job, text: string): void {
    const running = this.running.get(nameOf(job));
    if (running) running.text = text;
  }

  private end(job: Job): void {
    const running = this.running.get(nameOf(job));
    this.running.delete(nameOf(job));
    this.ended.add(nameOf(job));
    if (!running) return;
    this.spent.expected += job.study.seconds[this.options.scale];
    this.spent.real += this.now() - running.since;
  }

  private show(): void {
    const now = this.now();
    if (now - this.shown < (this.stream.isTTY ? 0.1 : (this.options.interval ?? 10))) return;
    this.shown = now;
    const line = this.line();
    // A line that wraps could not be rewritten in place.
    const fitting = line.slice(0, (this.stream.columns || Infinity) - 1);
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${fitting}` : `${line}\n`);
  }

  /** `3/14  8:20 left  figure5, seed 1: step 120/300  812 img/s | table6, seed 0: …` */
  private line(): string {
    const current = [...this.running].map(([name, { text }]) => `${name}: ${text}`);
    const done = `${this.ended.size}/${this.total.length}`;
    const left = this.secondsLeft();
    // Longer than was said, and nobody knows how long.
    return [done, ...(left > 0 ? [`${clock(left)} left`] : []), current.join(' | ')].join('  ');
  }

  /** As long as the studies say, times what those here have shown to be slower or faster than that. */
  private secondsLeft(): number {
    const { jobs, scale } = this.options;
    const pace = this.spent.expected > 0 ? this.spent.real / this.spent.expected : 1;
    const left = this.total.map((job) => {
      if (this.ended.has(nameOf(job))) return 0;
      const running = this.running.get(nameOf(job));
      return Math.max(0, job.study.seconds[scale] * pace - (running ? this.now() - running.since : 0));
    });
    return left.reduce((sum, seconds) => sum + seconds, 0) / jobs;
  }
}
