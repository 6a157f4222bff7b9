/**
 * Table 2 of the paper: zero-shot VQA with a stronger image encoder, with a larger language model, with one that was
 * tuned on instructions. Two vision towers, each with a stage 1 of its own, times three language models.
 */
import { blindModel, majorityAnswers } from '../evaluate';
import { loadLanguageModel } from '../data';
import { vqaMetric } from '../recipes';
import { accuracies, askTest, testPictures } from './asking';
import { stage2Inputs, stage2Run } from './stage2Runs';
import type { Claim, Measurement, PaperValue, Study } from './study';

const VISIONS = ['ViT-L', 'ViT-g'] as const;
type Vision = (typeof VISIONS)[number];
/** As tables call the language models, and as Shapes' folders do. */
const LANGUAGES = { 'small OPT': 'opt-small', OPT: 'opt', FlanT5: 't5' } as const;
type Language = keyof typeof LANGUAGES;

const armOf = (vision: Vision, language: Language) => `${vision}, ${language}`;
const blindArm = (language: Language) => `${language}, question alone`;

export const table2: Study = {
  name: 'table2',
  title: 'Larger towers, better answers',
  source: 'table 2, section 4.1',
  announcement:
    'BLIP-2 gains from better parts: a larger image encoder, a larger language model, one that was tuned on ' +
    'instructions. In the columns of the paper, small OPT is OPT-2.7B, OPT is OPT-6.7B, FlanT5 is FlanT5-XL (VQAv2, ' +
    'validation).',
  seconds: { full: 900, short: 600, smoke: 120 },
  inputs: {
    settings: stage2Inputs('short').settings,
    towers: ['clip-l', 'clip-g', 'opt', 'opt-small', 't5'],
  },
  async measure(context) {
    const { train, test, visionDirs, languageDirs } = context.data;
    const measurements: Measurement[] = [
      ...accuracies('most frequent answer', majorityAnswers(train, test, testPictures(context))),
    ];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const frozen = loadLanguageModel(languageDirs![LANGUAGES[language]]);
      try {
        measurements.push(...accuracies(blindArm(language), await askTest(context, blindModel(frozen))));
        for (const vision of VISIONS) {
          const arm = { withStage1: true, captions: 'short', visionDir: visionDirs[vision] } as const;
          const { model } = await stage2Run(context, frozen, arm);
          measurements.push(...accuracies(armOf(vision, language), await askTest(context, model)));
          model.dispose();
        }
      } finally {
        frozen.dispose();
      }
    }
    return measurements;
  },
  claims: [
    ...(Object.keys(LANGUAGES) as Language[]).map((language) =>
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
  return { text, metric: vqaMetric(), better, worse };
}

function paperValue(vision: Vision, language: Language, value: number): PaperValue {
  return { arm: armOf(vision, language), metric: vqaMetric(), value };
}
