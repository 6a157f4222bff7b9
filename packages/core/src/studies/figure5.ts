/**
 * Figure 5 of the paper: what stage 1 is good for in stage 2. (a) Zero-shot VQA over stage-2 steps, with and without a
 * stage 1 before them. (b) A decoder-only model without stage 1 forgets what it could: accuracy falls after a peak,
 * while the loss of captions still falls.
 */
import { blindModel, lookingElsewhere, majorityAnswers } from '../evaluate';
import { openRun, vqaMetric } from '../recipes';
import type { FrozenLanguageModel } from '../data';
import { keepCheckpointsOf, type LogEntry } from '../train';
import { accuracies, askTest, testPictures } from './asking';
import { LANGUAGES, languageOf, longStage2Run, stage2Inputs, stage2Run, type Language } from './stage2Runs';
import { mean } from './statistics';
import type { Measurement, Study, StudyContext } from './study';

const CURVE = 'VQA accuracy while training (validation)';
const LONG = 'VQA accuracy of a long run';
const LONG_CURVE = 'VQA accuracy of a long run (validation)';

/** Steps whose losses are averaged. */
const LOSSES = 20;

const armOf = (language: Language, withStage1: boolean) =>
  `${language}, ${withStage1 ? 'with' : 'without'} stage 1`;
const blindArm = (language: Language) => `${language}, question alone`;
const elsewhereArm = (language: Language) => `${language}, another picture`;
const MAJORITY = 'most frequent answer';
const PEAK = 'OPT without stage 1, at its peak';
const END = 'OPT without stage 1, at the end';

export const figure5: Study = {
  name: 'figure5',
  title: 'Stage 2 with and without stage 1',
  source: 'figure 5, section 4.1',
  announcement:
    'Two language models are told of pictures by a Q-Former, with and without a stage 1 before it, and answer questions ' +
    'that they were never trained on. Without stage 1 they answer fewer; and OPT forgets what it could if it goes on.',
  seconds: { full: 700, short: 300, smoke: 90 },
  inputs: stage2Inputs('short'),
  async measure(context) {
    const measurements: Measurement[] = [
      ...accuracies(MAJORITY, majorityAnswers(context.data.train, context.data.test, testPictures(context))),
    ];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const model = languageOf(context, language);
      try {
        measurements.push(...(await curves(context, language, model)));
        if (language === 'OPT') measurements.push(...(await forgetting(context, model)));
      } finally {
        model.dispose();
      }
    }
    return measurements;
  },
  claims: [
    ...(Object.keys(LANGUAGES) as Language[]).flatMap((language) => [
      {
        text: `${language} answers more questions about pictures if stage 1 came before stage 2.`,
        metric: vqaMetric(),
        better: armOf(language, true),
        worse: armOf(language, false),
      },
      {
        text: `With stage 1, ${language} answers more than it does from the question alone.`,
        metric: vqaMetric(),
        better: armOf(language, true),
        worse: blindArm(language),
      },
    ]),
    {
      text: 'Without stage 1, OPT forgets: long after its peak it answers fewer questions than there.',
      metric: LONG,
      better: PEAK,
      worse: END,
    },
  ],
  // The paper's figure has no numbers.
  paper: [],
};

/** (a) of one language model: both curves, where they end, and what it answers without looking. */
async function curves(
  context: StudyContext,
  language: Language,
  model: FrozenLanguageModel,
): Promise<Measurement[]> {
  const blind = await askTest(context, blindModel(model));
  const measurements = accuracies(blindArm(language), blind);
  for (const withStage1 of [true, false]) {
    const run = await stage2Run(context, model, { withStage1, captions: 'short' });
    const arm = armOf(language, withStage1);
    measurements.push(...curveOf(run.log).map((point) => ({ arm, metric: CURVE, ...point })));
    measurements.push(...accuracies(arm, await askTest(context, run.model)));
    if (withStage1) {
      const elsewhere = await askTest(context, lookingElsewhere(run.model));
      measurements.push(...accuracies(elsewhereArm(language), elsewhere));
    }
    run.model.dispose();
  }
  return measurements;
}

/**
 * (b) The peak is chosen on the validation split, and both it and the end are measured on the test split: the best of
 * many noisy measurements would be too high.
 */
async function forgetting(context: StudyContext, language: FrozenLanguageModel): Promise<Measurement[]> {
  const run = await longStage2Run(context, language);
  const curve = curveOf(run.log);
  const peak = curve.reduce((best, point) => (point.value > best.value ? point : best));
  const { model } = openRun(run.dir, {
    stages: ['stage2'],
    step: peak.step,
    language,
    tower: run.model.parts.tower,
    runsDir: context.runsDir,
  });
  if (run.step < 3 * peak.step) {
    context.note(
      `The peak came after ${peak.step} of ${run.step} steps: too late to tell what comes after it`,
    );
  }
  const measurements: Measurement[] = curve.map((point) => ({
    arm: armOf('OPT', false),
    metric: LONG_CURVE,
    ...point,
  }));
  for (const [arm, asked, step] of [
    [PEAK, model, peak.step],
    [END, run.model, run.step],
  ] as const) {
    const { accuracy } = await askTest(context, asked);
    const loss = mean(run.log.slice(Math.max(0, step - LOSSES), step).map((entry) => entry.loss));
    measurements.push({ arm, metric: LONG, value: accuracy });
    measurements.push({ arm, metric: 'steps', value: step }, { arm, metric: 'caption loss', value: loss });
    asked.dispose();
  }
  keepCheckpointsOf(run.dir, [peak.step, run.step]);
  return measurements;
}

/** The points of a log at which it was evaluated. */
function curveOf(log: readonly LogEntry[]): { step: number; value: number }[] {
  return log.flatMap(({ step, evaluation }) =>
    evaluation === undefined
      ? []
      : [{ step: step + 1, value: (evaluation as Record<string, number>)[vqaMetric()] }],
  );
}
