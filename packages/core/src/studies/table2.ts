/**
 * Table 2 of the paper: zero-shot VQA with a stronger image encoder, with a larger language model, with one that was
 * tuned on instructions. Two vision towers, each with a stage 1 of its own, times three language models.
 */
import { vqaMetric } from '../recipes';
import { answersOf, blindAnswers, majority } from './asking';
import { ALL_LANGUAGE_NAMES, forEachLanguage, type AnyLanguage } from './languages';
import { stage2Inputs, stage2Run } from './stage2Runs';
import type { Claim, PaperValue, Study } from './study';

const VISIONS = ['ViT-L', 'ViT-g'] as const;
type Vision = (typeof VISIONS)[number];

const armOf = (vision: Vision, language: AnyLanguage) => `${vision}, ${language}`;

export const table2: Study = {
  name: 'table2',
  title: 'Answers with larger towers',
  source: 'table 2, section 4.1',
  announcement:
    'In the paper BLIP-2 answers more questions with a larger image encoder, with a larger language model, with one that ' +
    'was tuned on instructions. Measured: each of two image encoders with each of three language models. In the columns of ' +
    'the paper, small OPT is OPT-2.7B, OPT is OPT-6.7B, FlanT5 is FlanT5-XL (VQAv2, validation).',
  seconds: { full: 900, short: 600, smoke: 120 },
  inputs: {
    settings: stage2Inputs().settings,
    towers: ['clip-l', 'clip-g', 'opt', 'opt-small', 't5'],
  },
  async measure(context) {
    const { visionDirs } = context.data;
    const answers = await forEachLanguage(context, ALL_LANGUAGE_NAMES, async (language, frozen) => {
      const measurements = await blindAnswers(context, language, frozen);
      for (const vision of VISIONS) {
        const arm = { withStage1: true, visionDir: visionDirs[vision] } as const;
        const { model } = await stage2Run(context, frozen, arm);
        measurements.push(...(await answersOf(context, armOf(vision, language), model)));
        model.dispose();
      }
      return measurements;
    });
    return [...majority(context), ...answers];
  },
  claims: [
    ...ALL_LANGUAGE_NAMES.map((language) =>
      claim(`A stronger image encoder answers more questions with ${language}.`, [
        armOf('ViT-g', language),
        armOf('ViT-L', language),
      ]),
    ),
    ...VISIONS.map((vision) =>
      claim(`A larger OPT answers more questions, behind ${vision}.`, [
        armOf(vision, 'OPT'),
        armOf(vision, 'small OPT'),
      ]),
    ),
    ...VISIONS.map((vision) =>
      claim(`FlanT5, tuned on instructions, answers more questions than OPT, behind ${vision}.`, [
        armOf(vision, 'FlanT5'),
        armOf(vision, 'OPT'),
      ]),
    ),
  ],
  paper: [
    paperValue('ViT-L', 'small OPT', 50.1),
    paperValue('ViT-g', 'small OPT', 53.5),
    paperValue('ViT-g', 'OPT', 54.3),
    paperValue('ViT-L', 'FlanT5', 62.6),
    paperValue('ViT-g', 'FlanT5', 63.1),
  ],
};

function claim(text: string, [better, worse]: [string, string]): Claim {
  const paper = { says: 'higher', where: 'table 2' };
  return { text, metric: vqaMetric(), better, worse, paper };
}

function paperValue(vision: Vision, language: AnyLanguage, value: number): PaperValue {
  return { arm: armOf(vision, language), metric: vqaMetric(), value };
}
