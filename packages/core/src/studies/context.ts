/** What a study is measured in: trains with the seed, shares runs with other studies, remembers which it took. */
import { setTimeout } from 'node:timers/promises';
import { Blip2Error } from '../runtime';
import type { ShapesDataset } from '../data';
import { FolderInUse, train, type LogEntry, type Recipe, type Run, type TrainOptions } from '../train';
import type { StudyResult } from './results';
import type { Example, Scale, StudyContext } from './study';

/** Seconds between looks at a run folder that another process has. */
const POLL = 1;

export interface ContextOptions extends Pick<StudyContext, 'seed' | 'scale' | 'data' | 'runsDir' | 'note'> {
  /** Ends the run that is being trained after its step, saved. */
  signal?: AbortSignal;
  /** Where the trainer shows its progress; as in `train`. */
  progress?: TrainOptions['progress'];
  /** Told after each step of a run. */
  onStep?: (entry: LogEntry, steps: number) => void;
  /** Told what is being done beside steps. */
  onActivity?: (message: string) => void;
}

export class Context implements StudyContext {
  readonly seed: number;
  readonly scale: Scale;
  readonly data: ShapesDataset;
  readonly runsDir: string;
  /** The runs that were asked for, in order. */
  readonly runs: StudyResult['runs'] = [];
  readonly examples: Example[] = [];
  /** Something is under way that the signal ends cleanly. */
  heedsSignal = false;

  constructor(private readonly options: ContextOptions) {
    const { seed, scale, data, runsDir } = options;
    [this.seed, this.scale, this.data, this.runsDir] = [seed, scale, data, runsDir];
  }

  keep(examples: readonly Example[]): void {
    this.examples.push(...examples);
  }

  note(message: string): void {
    this.options.note(message);
  }

  activity(message: string): void {
    this.options.onActivity?.(message);
  }

  async run<M>(recipe: Recipe<M>, given: TrainOptions<M> = {}): Promise<Run<M>> {
    const { progress, onStep } = this.options;
    const options: TrainOptions<M> = {
      seed: this.seed,
      runsDir: this.runsDir,
      progress,
      onNote: (message) => this.activity(message),
      ...given,
      onStep: async (entry, steps) => {
        onStep?.(entry, steps);
        await given.onStep?.(entry, steps);
      },
    };
    let run = await this.trainInTurn(recipe, options);
    if (lacksEvaluations(run, options)) {
      this.note(`${run.dir} was trained without the evaluations that are needed here: trained again`);
      run = await this.trainInTurn(recipe, { ...options, resume: false });
    }
    this.remember(run, recipe, options);
    return run;
  }

  async inTurn<T>(work: (signal?: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.options;
    let waiting = false;
    for (;;) {
      try {
        this.heedsSignal = true;
        return await work(signal);
      } catch (error) {
        if (!(error instanceof FolderInUse)) throw error;
        if (!waiting) this.note(`${error.message}: waiting for it`);
        waiting = true;
        this.activity('waiting');
      } finally {
        this.heedsSignal = false;
      }
      await setTimeout(POLL * 1000);
      if (signal?.aborted) throw interrupted('Stopped while waiting for another process');
    }
  }

  private trainInTurn<M>(recipe: Recipe<M>, options: TrainOptions<M>): Promise<Run<M>> {
    return this.inTurn(async (signal) => {
      const run = await train(recipe, { signal, ...options });
      if (run.interrupted) throw interrupted(`${run.dir} was stopped after step ${run.step} and saved`);
      return run;
    });
  }

  private remember<M>(run: Run<M>, recipe: Recipe<M>, options: TrainOptions<M>): void {
    if (this.runs.some(({ dir }) => dir === run.dir)) return;
    const { batchSize, learningRate } = { ...recipe.training, ...options };
    this.runs.push({ ...run.recipe, dir: run.dir, steps: run.step, batchSize, learningRate });
  }
}

function interrupted(what: string): Blip2Error {
  return new Blip2Error(what, { hint: 'The same command goes on from there.' });
}

/** The hash of a recipe does not know how often the run was evaluated, and a finished one is taken as it is. */
function lacksEvaluations<M>({ log }: Run<M>, { evaluateEvery }: TrainOptions<M>): boolean {
  if (!evaluateEvery) return false;
  const isDue = (step: number) => (step + 1) % evaluateEvery === 0 || step + 1 === log.length;
  return log.some(({ step, evaluation }) => isDue(step) && evaluation === undefined);
}
