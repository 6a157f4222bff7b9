/**
 * Figure 5 of the paper: what stage 1 is good for in stage 2. (a) Zero-shot VQA over stage-2 steps, with and without a
 * stage 1 before them. (b) A decoder-only model without stage 1 forgets what it could: accuracy falls after a peak,
 * while the loss of captions still falls.
 */
import { lookingElsewhere } from '../evaluate';
import { openRun, vqaMetric } from '../recipes';
import type { FrozenLanguageModel } from '../data';
import { keepCheckpointsOf, type LogEntry } from '../train';
import { answersOf, askTest, blindAnswers, majority } from './asking';
import { blindArm, elsewhereArm, forEachLanguage, LANGUAGE_NAMES, type Language } from './languages';
import { leavesOut } from './scale';
import { longStage2Run, stage2Inputs, stage2Run } from './stage2Runs';
import { mean } from './statistics';
import type { Measurement, Requirement, Study, StudyContext } from './study';

const CURVE = 'VQA accuracy while training (validation)';
const LONG = 'VQA accuracy of a long run';
const LONG_CURVE = 'VQA accuracy of a long run (validation)';

/** Steps whose losses are averaged. */
const LOSSES = 20;

const armOf = (language: Language, withStage1: boolean) =>
  `${language}, ${withStage1 ? 'with' : 'without'} stage 1`;
const PEAK = 'OPT without stage 1, at its peak';
const END = 'OPT without stage 1, at the end';
const STEPS = 'steps';

/** What comes after a peak is not known of a run that ends soon after it. */
const LONG_ENOUGH: Requirement = {
  text: 'the long run goes on for at least three times the steps to its peak',
  metric: STEPS,
  arm: END,
  than: PEAK,
  times: 3,
};

export const figure5: Study = {
  name: 'figure5',
  title: 'Stage 2 with and without stage 1',
  source: 'figure 5, section 4.1',
  announcement:
    'Two language models are told of pictures by a Q-Former, with and without a stage 1 before it, and answer questions ' +
    'that they were never trained on. In the paper they answer far fewer without stage 1, and OPT loses what it could as ' +
    'training goes on. Measured: accuracy over the steps of stage 2, and, at full size, over a longer run of OPT without stage 1.',
  seconds: { full: 700, short: 340, smoke: 90 },
  inputs: stage2Inputs(),
  async measure(context) {
    const answers = await forEachLanguage(context, LANGUAGE_NAMES, async (language, model) => [
      ...(await curves(context, language, model)),
      ...(language === 'OPT' && !leavesOut(context.scale) ? await forgetting(context, model) : []),
    ]);
    return [...majority(context), ...answers];
  },
  claims: [
    ...LANGUAGE_NAMES.flatMap((language) => [
      {
        text: `${language} answers more questions about pictures if stage 1 came before stage 2.`,
        metric: vqaMetric(),
        better: armOf(language, true),
        worse: armOf(language, false),
        paper: { says: 'far higher', where: 'figure 5' },
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
      paper: { says: 'degrades drastically', where: 'figure 5' },
      needs: LONG_ENOUGH,
      takesLong: true,
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
  const measurements = await blindAnswers(context, language, model);
  for (const withStage1 of [true, false]) {
    const run = await stage2Run(context, model, { withStage1 });
    const arm = armOf(language, withStage1);
    measurements.push(...curveOf(run.log).map((point) => ({ arm, metric: CURVE, ...point })));
    measurements.push(...(await answersOf(context, arm, run.model)));
    if (withStage1) {
      const elsewhere = lookingElsewhere(run.model);
      measurements.push(...(await answersOf(context, elsewhereArm(language), elsewhere)));
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
  if (run.step < LONG_ENOUGH.times * peak.step) {
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
    measurements.push({ arm, metric: STEPS, value: step }, { arm, metric: 'caption loss', value: loss });
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
