/** `blip2 evaluate … --data vqav2?dir=…`: what evaluation on the public sets shares. */
import { join } from 'node:path';
import type { WeightsType } from '../checkpoints';
import type { OnSetOptions, SetTask } from '../studies';
import { CountLine } from './countLine';
import { Exit, printJson, printTable } from './output';

interface Options extends Pick<OnSetOptions, 'limit' | 'generation' | 'prompt' | 'k'> {
  model: string;
  data: string;
  split?: string;
  out?: string;
  dtype?: WeightsType;
  /** Of runs: sets take the last. */
  checkpoint?: unknown;
  json?: boolean;
}

/** What `--split` takes. */
export const SPLIT_HELP =
  'part of the data: train, validation, test, or what else it has (test unless given; of a public set what the paper measures)';

/** What `--out` takes. */
export const OUT_HELP =
  'of a public set: folder of the results, which a later call goes on from (in runs/evaluations/ unless given)';

/** Is it done on a public set? */
export async function isOnSet(data: string): Promise<boolean> {
  return (await import('../data')).isEvaluationSet(data);
}

/** @param unfit options of the command that public sets have no use for, if they are given */
export async function evaluateOnSet(
  task: SetTask,
  { model, data, split, out, dtype, checkpoint, json, ...asked }: Options,
  unfit: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { Blip2Error } = await import('../runtime');
  const { describeProblem, openCaptionSet, openQuestionSet } = await import('../data');
  const { defaultRunsDir, listenForInterruption } = await import('../train');
  const { evaluationName, SetEvaluator } = await import('../studies');
  const { writeEvaluationPage } = await import('../report');
  const [useless] = Object.entries({ ...unfit, checkpoint }).flatMap(([flag, value]) =>
    value ? [flag] : [],
  );
  if (useless !== undefined) {
    throw new Blip2Error(`--${useless} is not for public sets`, { hint: 'Leave it out.', exitCode: 2 });
  }
  const evaluator = new SetEvaluator(model, dtype);
  const set = task === 'vqa' ? openQuestionSet(data, split) : openCaptionSet(data, split);
  const options = JSON.parse(JSON.stringify(asked)) as OnSetOptions;
  const name = evaluationName(task, set, evaluator.record, { ...options } as never);
  const dir = out ?? join(defaultRunsDir(), 'evaluations', name);
  console.error(
    `${set.name} ${set.split}: ${Math.min(set.images.length, asked.limit ?? Infinity)} pictures → ${dir}`,
  );
  for (const problem of set.problems) console.error(describeProblem(problem));

  const progress = new CountLine('pictures');
  const controller = new AbortController();
  const interruption = listenForInterruption(undefined, () => {
    progress.print('Stopping after these pictures…');
    controller.abort();
  });
  try {
    const result = await evaluator.evaluate(task, set, {
      ...{ ...options, out: dir, signal: controller.signal },
      onProgress: (done, of) => progress.show(done, of),
    });
    progress.end();
    const { summary } = result;
    const page = await writeEvaluationPage(dir, result);
    for (const note of summary.notes) console.error(note);
    if (summary.skipped.count > 0) {
      const files = summary.skipped.first.map(({ file }) => file).join(', ');
      console.error(`${summary.skipped.count} pictures could not be decoded: ${files}`);
    }
    if (json) printJson({ ...summary, out: dir, page });
    else {
      printTable(
        summary.rows.map(({ group, samples, scores }) => ({
          group,
          samples,
          ...Object.fromEntries(Object.entries(scores).map(([score, value]) => [score, value.toFixed(2)])),
        })),
      );
      console.error(`Results  ${dir}/results.jsonl\nPage     ${page}`);
      if (summary.submission) console.error(`Server   ${join(dir, summary.submission)}`);
    }
    if (summary.complete) return;
    console.error('Not all pictures are done: the same command goes on.');
    throw new Exit(1);
  } finally {
    interruption.release();
    await evaluator.dispose();
  }
}
