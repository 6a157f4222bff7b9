/**
 * Measures studies with several seeds, each in a process of its own: memory is given back, and several can run side by
 * side. What is up to date on disk is not measured again, so that a call that was stopped is gone on with by the next.
 */
import { upToDate } from './measure';
import type { Failure, Report } from './messages';
import { readResult, resultPath, resultsDir, type StudyResult } from './results';
import type { Scale, Study } from './study';
import { measureInWorker, type WorkerOptions } from './workerProcess';

/** One study with one seed. */
export interface Job {
  study: Study;
  seed: number;
}

export type StudyEvent =
  | { kind: 'found' | 'done'; job: Job; path: string; result: StudyResult }
  | { kind: 'started' | 'stopped'; job: Job }
  | ({ job: Job } & Report);

export interface RunStudiesOptions {
  /** Which seeds, in this order. */
  seeds: readonly number[];
  scale: Scale;
  runsDir: string;
  /** How many run at the same time, with one thread each; one alone has all threads. */
  jobs?: number;
  /** Stops all runs after their step, saved. */
  signal?: AbortSignal;
  onEvent?: (event: StudyEvent) => void;
  /** Called with all results so far, at first and after each study, never twice at a time: to write the report. */
  onResults?: (results: StudyResult[]) => void | Promise<void>;
  /** The script that workers run. */
  worker?: WorkerOptions['script'];
}

export interface StudiesOutcome {
  /** Those that were there and new ones: by seed, then in the order of the studies. */
  results: StudyResult[];
  failures: ({ study: string; seed: number } & Failure)[];
  interrupted: boolean;
}

/**
 * Measures what is not up to date: all studies of the first seed first, so that the report is whole early. A study that
 * fails does not keep others from running.
 */
export function runStudies(studies: readonly Study[], options: RunStudiesOptions): Promise<StudiesOutcome> {
  return new Runner(studies, options).run();
}

class Runner {
  private readonly all: Job[];
  private readonly results = new Map<Job, StudyResult>();
  private readonly failures: StudiesOutcome['failures'] = [];
  private readonly running = new Set<Job>();
  private pending: Job[] = [];
  /** Of callbacks: they are told one after the other. */
  private told = Promise.resolve();
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;

  constructor(
    studies: readonly Study[],
    private readonly options: RunStudiesOptions,
  ) {
    this.all = options.seeds.flatMap((seed) => studies.map((study) => ({ study, seed })));
    this.signal = AbortSignal.any([this.broken.signal, ...(options.signal ? [options.signal] : [])]);
  }

  async run(): Promise<StudiesOutcome> {
    const { jobs = 1, onResults } = this.options;
    this.takeWhatIsThere();
    this.pending = this.all.filter((job) => !this.results.has(job));
    await onResults?.(this.soFar());
    const settled = await Promise.allSettled(Array.from({ length: jobs }, () => this.work()));
    const rejected = settled.find((one): one is PromiseRejectedResult => one.status === 'rejected');
    if (rejected) throw rejected.reason;
    return { results: this.soFar(), failures: this.failures, interrupted: this.signal.aborted };
  }

  private takeWhatIsThere(): void {
    const { scale, runsDir } = this.options;
    for (const job of this.all) {
      const note = (text: string) => this.emit({ kind: 'note', job, text });
      const result = upToDate(job.study, { seed: job.seed, scale, runsDir, note });
      if (result) this.keep('found', job, result);
    }
  }

  /** One of `jobs` loops. If a callback throws in one, the workers of all are stopped. */
  private async work(): Promise<void> {
    try {
      while (!this.signal.aborted && this.pending.length > 0) await this.measure(this.next());
    } catch (error) {
      this.broken.abort();
      throw error;
    }
  }

  /**
   * Takes the next job out of those that wait. Studies of one seed share training runs and would wait for each other,
   * so one of a seed that nobody works on goes first.
   */
  private next(): Job {
    const isTaken = (seed: number) => [...this.running].some((job) => job.seed === seed);
    const free = this.pending.findIndex(({ seed }) => !isTaken(seed));
    return this.pending.splice(Math.max(free, 0), 1)[0];
  }

  private async measure(job: Job): Promise<void> {
    const { scale, runsDir, jobs = 1, worker = { file: require.resolve('./worker') } } = this.options;
    const [study, seed] = [job.study.name, job.seed];
    this.running.add(job);
    this.emit({ kind: 'started', job });
    const failure = await measureInWorker(
      { study, seed, scale, runsDir },
      {
        script: worker,
        oneThread: jobs > 1,
        signal: this.signal,
        onReport: (report) => this.emit({ job, ...report }),
      },
    );
    this.running.delete(job);
    if (!failure) {
      this.keep('done', job, readResult(this.pathOf(job)));
      await (this.told = this.told.then(() => this.options.onResults?.(this.soFar())));
    } else if (this.signal.aborted) {
      this.emit({ kind: 'stopped', job });
    } else {
      this.failures.push({ study, seed, ...failure });
      this.emit({ kind: 'failed', job, ...failure });
    }
  }

  private keep(kind: 'found' | 'done', job: Job, result: StudyResult): void {
    this.results.set(job, result);
    this.emit({ kind, job, path: this.pathOf(job), result });
  }

  private soFar(): StudyResult[] {
    return this.all.flatMap((job) => this.results.get(job) ?? []);
  }

  private pathOf({ study, seed }: Job): string {
    const { runsDir, scale } = this.options;
    return resultPath(resultsDir(runsDir, scale), { study: study.name, seed });
  }

  private emit(event: StudyEvent): void {
    this.options.onEvent?.(event);
  }
}
