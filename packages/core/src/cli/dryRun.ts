/** What `--dry-run` says of a training: how large it is, how much memory and time it takes. */
import type { MeasuredSteps, RunSize } from '../recipes';
import type { RecipeRecord } from '../train';
import { table } from './output';

/** All numbers of it, as `--json` prints them. */
export interface Forecast {
  parameters: number;
  trainable: number;
  parts: { name: string; parameters: number; trained: boolean; storage: string }[];
  /** Bytes on one worker, all else as the recipe says. */
  memory: Record<
    'frozen' | 'weights' | 'gradients' | 'moments' | 'activations' | 'peak' | 'peakByRecompute',
    number
  >;
  steps: number;
  samples: number;
  /** Pictures of the data, and how often each is seen. */
  pictures: number;
  epochs: number;
  /** Floating-point operations of a sample, forward and backward, and of the whole training. */
  operationsPerSample: number;
  operations: number;
  measured?: MeasuredSteps & { days: number };
}

export async function forecast(
  { training }: RecipeRecord,
  size: RunSize,
  { pictures, workers, measured }: { pictures: number; workers: number; measured?: MeasuredSteps },
): Promise<Forecast> {
  const { memoryOf, operationsOf } = await import('../recipes');
  const { steps, batchSize, accumulate, gradCache: chunk, recompute: recomputes = false } = training;
  const samples = steps * batchSize * accumulate;
  const memory = (recompute: boolean) =>
    memoryOf(size, { batchSize: batchSize / workers, accumulate, recompute, chunk });
  const operationsPerSample = operationsOf(size, recomputes);
  return {
    parameters: size.parameters,
    trainable: size.trainable,
    parts: size.parts.map(({ name, parameters, trained, storage }) => ({
      name,
      parameters,
      trained,
      storage,
    })),
    memory: { ...memory(recomputes), peakByRecompute: memory(true).peak },
    steps,
    samples,
    pictures,
    epochs: samples / pictures,
    operationsPerSample,
    operations: operationsPerSample * samples,
    measured: measured && { ...measured, days: (measured.secondsPerStep * steps) / 86_400 },
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 3 : 1)} GiB`;

/** For people. */
export function describeForecast(own: Forecast): string {
  const { parts, memory, measured } = own;
  const rows = parts.map(({ name, parameters, trained, storage }) => ({
    part: name,
    parameters: whole(parameters),
    trained: trained ? whole(parameters) : '–',
    stored: storage,
  }));
  const { frozen, weights, gradients, moments, activations, peak, peakByRecompute } = memory;
  return [
    table([
      ...rows,
      { part: 'all', parameters: whole(own.parameters), trained: whole(own.trainable), stored: '' },
    ]),
    `memory: about ${gib(peak)} (frozen towers ${gib(frozen)}, weights ${gib(weights)}, gradients ${gib(gradients)}, ` +
      `moments ${gib(moments)}, activations ${gib(activations)}); with recomputed blocks ${gib(peakByRecompute)}; ` +
      'some 0.45 GiB more for Node, TensorFlow and the code',
    `steps: ${whole(own.steps)}; samples: ${whole(own.samples)}, each of ${whole(own.pictures)} pictures ${own.epochs.toFixed(2)} times`,
    `operations: ${(own.operationsPerSample / 1e9).toPrecision(3)} GFLOP per sample, ${own.operations.toExponential(2)} in all`,
    measured
      ? `time: ${measured.secondsPerStep.toPrecision(3)} s per step, measured over ${measured.steps} ` +
        `(${measured.samplesPerSecond.toPrecision(3)} pictures per second): ${duration(measured.days)} for all steps; ` +
        `the most memory that was resident: ${gib(measured.peak)}`
      : 'time: no step was timed; --measure 3 times three and throws them away (blip2 plan reckons with machines elsewhere)',
  ].join('\n');
}

function duration(days: number): string {
  if (days >= 2) return `${days.toFixed(1)} days`;
  return days >= 1 / 12 ? `${(days * 24).toFixed(1)} hours` : `${(days * 1440).toFixed(1)} minutes`;
}
