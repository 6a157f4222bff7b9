/** The losses of a run over its steps: of a finished one, or live while it trains. */
import { clock, type LogEntry, type Run, type TrainOptions } from '../train';
import { lineChart, type Line } from './lineChart';
import { EMPHASIS, PALETTE } from './palette';
import { Place } from './show';
import { tickLabel } from './ticks';
import type { View } from './view';

const NO_LOSS = new Set(['step', 'learningRate', 'gradientNorm', 'samplesPerSecond']);
/** Points of a line: single steps are noise, so each point is the mean of as many as it takes. */
const POINTS = 120;

/** Steps behind each point of a line. */
function stepsPerPoint(steps: number): number {
  return Math.max(1, Math.ceil(steps / POINTS));
}

/** One line per loss that the log has; `loss`, their sum, first. */
export function lossLines(log: readonly LogEntry[], perPoint = stepsPerPoint(log.length)): Line[] {
  const names = Object.keys(log.at(0) ?? {}).filter(
    (name) => !NO_LOSS.has(name) && typeof log[0][name] === 'number',
  );
  const starts = Array.from({ length: Math.ceil(log.length / perPoint) }, (_, i) => i * perPoint);
  const windows = starts.map((start) => log.slice(start, start + perPoint));
  const mean = (window: readonly LogEntry[], name: string) =>
    window.reduce((sum, entry) => sum + (entry[name] as number), 0) / window.length;
  let next = 0;
  return names.map((name) => ({
    name,
    color: name === 'loss' ? EMPHASIS : PALETTE[next++ % PALETTE.length],
    x: windows.map((window) => window.at(-1)!.step + 1),
    y: windows.map((window) => mean(window, name)),
  }));
}

interface CurveText {
  title?: string;
  subtitle?: string;
  /** Length of the axis in steps. */
  steps?: number;
}

function curve(log: readonly LogEntry[], { title = 'Training loss', subtitle, steps }: CurveText): View {
  const perPoint = stepsPerPoint(steps ?? log.length);
  const means = perPoint > 1 ? `each point the mean of ${perPoint} steps` : undefined;
  return lineChart({
    title,
    subtitle: subtitle ?? means,
    x: 'step',
    y: 'loss',
    lines: lossLines(log, perPoint),
    reach: { x: steps },
  });
}

/** The loss curve of a run. */
export function lossCurve(run: Pick<Run, 'log'>, { title }: { title?: string } = {}): View {
  return curve(run.log, { title });
}

/** Milliseconds between two drawings of a live curve. */
const INTERVAL = 1000;

/**
 * A loss curve that grows while a run trains, in place of the progress line:
 *
 *     const curve = new LiveLossCurve();
 *     const run = await train(recipe, curve.hooks);
 *     await curve.finish(run);
 */
export class LiveLossCurve {
  private readonly place = new Place();
  private readonly log: LogEntry[] = [];
  private steps: number | undefined;
  /** What is done before, between and after steps; the next step clears it. */
  private note = '';
  private began = 0;
  private drawn = -Infinity;
  private drawing: Promise<void> | undefined;

  constructor(private readonly options: { title?: string } = {}) {}

  /** Options for `train`. */
  readonly hooks: Required<Pick<TrainOptions, 'onStep' | 'onNote' | 'progress'>> = {
    progress: false,
    onNote: (message) => {
      this.note = message;
      this.draw();
    },
    onStep: (entry, steps) => {
      // The first step compiles: it would spoil the estimate.
      if (this.log.length === 0) this.began = performance.now();
      this.steps = steps;
      this.note = '';
      this.log.push(entry);
      this.draw();
    },
  };

  /** The last drawing, of the whole run: also of the part that an earlier training had done. */
  async finish(run: Pick<Run, 'log' | 'interrupted'>): Promise<void> {
    await this.drawing;
    const subtitle = run.interrupted ? this.note : undefined;
    await this.place.show(curve(run.log, { ...this.options, subtitle }));
  }

  /** Draws beside the training, which does not wait; while one drawing is on its way no other is begun. */
  private draw(): void {
    if (this.drawing || performance.now() - this.drawn < INTERVAL) return;
    this.drawn = performance.now();
    const view = curve(this.log, { ...this.options, subtitle: this.status(), steps: this.steps });
    this.drawing = this.place.show(view).finally(() => (this.drawing = undefined));
  }

  /** The last note, or `step 640 of 1,400 · 812 pictures/s · 0:43 left`. */
  private status(): string {
    const last = this.log.at(-1);
    if (this.note || !last || !this.steps) return this.note;
    const perStep = (performance.now() - this.began) / 1000 / Math.max(1, this.log.length - 1);
    const left = clock(perStep * (this.steps - last.step - 1));
    const rate = `${tickLabel(Math.round(last.samplesPerSecond))} pictures/s`;
    return [`step ${tickLabel(last.step + 1)} of ${tickLabel(this.steps)}`, rate, `${left} left`].join(' · ');
  }
}
