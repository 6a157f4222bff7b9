/**
 * What a study is: an experiment of the paper, measured once for each seed, and what must come out of it for the paper's
 * finding to hold. Runner, statistics, report and notebooks know studies by this interface alone.
 */
import type { Recipe, Run, TrainOptions } from '../train';
import type { ShapesDataset, ShapesTower } from '../data';

/** One number. In long form: every table, curve and statistic is a selection of these. */
export interface Measurement {
  /** What is compared, in words for a table: `with stage 1`, `without stage 1`. */
  arm: string;
  /** What was measured: `VQA accuracy`, `R@1 image→text, re-ranked`. */
  metric: string;
  value: number;
  /** Of a curve: the training step. */
  step?: number;
}

/** Something that a model said of a test picture, kept with the result to be looked at. */
export interface Example {
  /** What it is an example of: those of one kind stand together. */
  kind: string;
  /** Who speaks: an arm. */
  by: string;
  /** Number of the picture in the test split. */
  picture: number;
  /** Of the world that the picture is of, where they differ from the default world's. */
  world?: Record<string, unknown>;
  /** In the order in which it was said. */
  said: ExampleTurn[];
}

export interface ExampleTurn {
  prompt: string;
  text: string;
  /** What would have been right, where it is one thing. */
  truth?: string;
  right?: boolean;
}

/** `full`: the sizes of the committed results. `short`: fewer steps and the longest runs left out, for a first look. `smoke`: only that it runs. */
export const SCALES = ['full', 'short', 'smoke'] as const;
/** How large a study is: as the committed results, two thirds of the steps without the longest runs, or a few steps. */
export type Scale = (typeof SCALES)[number];

export interface StudyContext {
  seed: number;
  scale: Scale;
  data: ShapesDataset;
  /** Where runs and caches lie. */
  runsDir: string;
  /**
   * The run of a recipe with this seed: taken from its folder if it is finished there, waited for if another process is
   * training it, trained otherwise. So studies share their runs.
   */
  run<M>(recipe: Recipe<M>, options?: TrainOptions<M>): Promise<Run<M>>;
  /**
   * Does what one process at a time can do in a folder, which it has locked: waits while another does it. What is given
   * the signal must end soon after it, and be able to go on later.
   */
  inTurn<T>(work: (signal?: AbortSignal) => Promise<T>): Promise<T>;
  /** Keeps examples with the result, for the report. */
  keep(examples: readonly Example[]): void;
  /** Tells the user something worth keeping. */
  note(message: string): void;
  /** Tells the user what is being done right now. */
  activity(message: string): void;
}

/** "`better` has more of `metric` than `worse`": holds if the 95% t-interval of the paired difference is above zero. */
export interface Claim {
  /** The finding in one sentence. */
  text: string;
  metric: string;
  better: string;
  worse: string;
  /** Absent where the claim is ours: a control, or something that the paper takes for granted. */
  paper?: PaperStatement;
  /** Without it the seeds cannot tell whether the claim holds. */
  needs?: Requirement;
  /** What it speaks of takes long: a first look (`short`) does without. */
  takesLong?: true;
}

/** What the paper says of a claim. */
export interface PaperStatement {
  /** Of `better` beside `worse`, in few words: `higher`. */
  says: string;
  /** `figure 5` */
  where: string;
}

/** "`arm` has at least `times` as much of `metric` as `than`", by the measurements of one seed. */
export interface Requirement {
  /** The same in words. */
  text: string;
  metric: string;
  arm: string;
  than: string;
  times: number;
}

/** A number of the paper, to stand beside ours. */
export interface PaperValue {
  arm: string;
  metric: string;
  value: number;
}

/** What a study's numbers depend on beside code, scale and world: under others its results are out of date. */
export interface StudyInputs {
  /** The very objects that `measure` uses, by name: plain data, without functions. */
  settings: Readonly<Record<string, unknown>>;
  /** The shipped models that it reads. */
  towers: readonly ShapesTower[];
}

/** One experiment of the paper: what it measures, and what it claims. */
export interface Study {
  /** On the command line: `figure5`. */
  name: string;
  /** What it shows, as a heading. */
  title: string;
  /** Where in the paper. */
  source: string;
  /** What it will show, in one or two sentences: announced before it runs, and the head of its part of the report. */
  announcement: string;
  /** About how long one seed takes on two cores, in seconds. */
  seconds: Record<Scale, number>;
  inputs: StudyInputs;
  measure(context: StudyContext): Promise<Measurement[]>;
  claims: readonly Claim[];
  paper: readonly PaperValue[];
}
