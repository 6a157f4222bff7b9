/**
 * Table 3 of the paper: captioning, fine-tuned with the image encoder on one set and carried over to another whose
 * pictures hold what the first never shows. Here: combinations of color and shape that no picture of the fine-tuning set
 * has (pre-training had all of them, as the web has what COCO lacks).
 */
import type { ShapesOptions } from '@blip2/datasets';
import { evaluateCaptions } from '../evaluate';
import {
  captioning,
  CAPTIONING_RATES,
  CAPTIONS_RIGHT,
  COCO_SCENES,
  FINETUNING_LOOP,
  NOCAPS_SCENES,
  shapesCaptioning,
  type GeneratingModel,
} from '../recipes';
import type { FrozenLanguageModel } from '../data';
import { atScale } from './scale';
import { forEachLanguage, LANGUAGE_NAMES, type Language } from './languages';
import { stage2Inputs, stage2Run } from './stage2Runs';
import { mean } from './statistics';
import type { Measurement, PaperValue, Scale, Study, StudyContext } from './study';
import { variantOf } from './variants';

/** So many pictures of each set are described. */
const PICTURES: Record<Scale, number> = { full: 300, short: 150, smoke: 12 };
/** Of unseen combinations, kept with the result. */
const EXAMPLES = 3;

const SETS: Record<string, ShapesOptions> = {
  COCO: COCO_SCENES,
  'NoCaps in-domain': NOCAPS_SCENES.in,
  'NoCaps near-domain': NOCAPS_SCENES.near,
  'NoCaps out-of-domain': NOCAPS_SCENES.out,
};
const OVERALL = 'NoCaps overall';
const OUT = 'NoCaps out-of-domain';

const metricOf = (score: string, set: string) => `${score}, ${set}`;
const armOf = (language: Language, isFinetuned: boolean) =>
  `${language}, ${isFinetuned ? '' : 'not '}fine-tuned`;

export const table3: Study = {
  name: 'table3',
  title: 'Captions, carried over to unseen combinations',
  source: 'table 3, section 4.2',
  announcement:
    'The model is fine-tuned, image encoder included, on captions of pictures in which a quarter of all combinations of ' +
    'color and shape never occur. Measured, before and after: its captions of such pictures, and of pictures that hold one ' +
    'of those combinations (near-domain) or none but them (out-of-domain). The sets stand for COCO, with five captions a ' +
    'picture, and for NoCaps, with ten; scores are times 100.',
  seconds: { full: 600, short: 450, smoke: 150 },
  inputs: {
    settings: {
      ...stage2Inputs().settings,
      ...{ FINETUNING_LOOP, CAPTIONING_RATES, COCO_SCENES, NOCAPS_SCENES },
    },
    towers: stage2Inputs().towers,
  },
  measure: (context) =>
    forEachLanguage(context, LANGUAGE_NAMES, (language, frozen) => beforeAndAfter(context, language, frozen)),
  // The paper has no scores before fine-tuning: what it compares with are other models.
  claims: LANGUAGE_NAMES.flatMap((language) => [
    {
      text: `Fine-tuned on captions, ${language} describes test pictures of the same set better.`,
      metric: metricOf('CIDEr', 'COCO'),
      better: armOf(language, true),
      worse: armOf(language, false),
    },
    {
      text: `Fine-tuned on seen combinations alone, ${language} says more that is true of unseen ones as well.`,
      metric: metricOf(CAPTIONS_RIGHT, OUT),
      better: armOf(language, true),
      worse: armOf(language, false),
    },
  ]),
  paper: [
    ...paperRow('OPT', { nocaps: [123.0, 117.8, 123.4, 119.7], coco: { bleu: 43.7, cider: 145.8 } }),
    ...paperRow('FlanT5', { nocaps: [123.7, 120.2, 124.8, 121.6], coco: { bleu: 42.4, cider: 144.5 } }),
  ],
};

async function beforeAndAfter(
  context: StudyContext,
  language: Language,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const from = await stage2Run(context, frozen, { withStage1: true });
  const before = await described(context, armOf(language, false), from.model);
  const settings = atScale(context.scale, shapesCaptioning({ from }));
  const data = variantOf(context.data, COCO_SCENES);
  const { model } = await context.run(captioning({ ...settings, data, from }));
  const after = await described(context, armOf(language, true), model);
  for (const one of [from.model, model]) one.dispose();
  return [...before, ...after];
}

/** Scores on every set. */
async function described(context: StudyContext, arm: string, model: GeneratingModel): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [set, options] of Object.entries(SETS)) {
    const { test } = variantOf(context.data, options);
    const { scores, right, captions } = await evaluateCaptions(model, test, {
      limit: PICTURES[context.scale],
    });
    const values = { CIDEr: scores.CIDEr, 'BLEU-4': scores['BLEU-4'], [CAPTIONS_RIGHT]: right! };
    measurements.push(
      ...Object.entries(values).map(([score, value]) => ({ arm, metric: metricOf(score, set), value })),
    );
    if (set !== OUT) continue;
    context.keep(
      captions.slice(0, EXAMPLES).map(({ picture, caption, right: isRight }) => ({
        kind: 'unseen combinations',
        by: arm,
        picture,
        world: { ...options },
        said: [{ prompt: model.parts.model.prompts?.caption ?? '', text: caption, right: isRight }],
      })),
    );
  }
  return [...measurements, ...overall(arm, measurements)];
}

/** Over NoCaps' three domains, which are of one size here. */
function overall(arm: string, measurements: readonly Measurement[]): Measurement[] {
  const sets = Object.keys(SETS).filter((set) => set.startsWith('NoCaps'));
  return ['CIDEr', 'BLEU-4', CAPTIONS_RIGHT].map((score) => {
    const metrics = sets.map((set) => metricOf(score, set));
    const values = measurements.filter(({ metric }) => metrics.includes(metric)).map(({ value }) => value);
    return { arm, metric: metricOf(score, OVERALL), value: mean(values) };
  });
}

interface PaperRow {
  /** CIDEr in, near and out of domain, and overall. */
  nocaps: number[];
  /** Karpathy's test split. */
  coco: { bleu: number; cider: number };
}

function paperRow(language: Language, { nocaps, coco }: PaperRow): PaperValue[] {
  const sets = [...Object.keys(SETS).filter((set) => set.startsWith('NoCaps')), OVERALL];
  const arm = armOf(language, true);
  return [
    ...sets.map((set, i) => ({ arm, metric: metricOf('CIDEr', set), value: nocaps[i] })),
    { arm, metric: metricOf('BLEU-4', 'COCO'), value: coco.bleu },
    { arm, metric: metricOf('CIDEr', 'COCO'), value: coco.cider },
  ];
}
