/** Stage 2 (section 3.3): what language models say of pictures, held against what is there. */
import { judgeCaption } from '@blip2/datasets';
import { cider, ptbTokenize } from '../evaluate';
import type { Stage2Model } from '../recipes';
import { LANGUAGES, languageOf, stage2Inputs, stage2Run, TEST_PICTURES, type Language } from './stage2Runs';
import { mean } from './statistics';
import type { Measurement, Study, StudyContext } from './study';

const WHOLE = 'captions right';
const elsewhereArm = (language: Language) => `${language}, another picture`;

export const stage2Study: Study = {
  name: 'stage2',
  title: 'Captions after stage 2',
  source: 'sections 3.3 and 4.2',
  announcement:
    'A decoder-only and an encoder-decoder language model, both frozen, describe pictures that they know from a few soft ' +
    'prompts alone. Shapes knows what is true: each caption is held against its picture.',
  seconds: { full: 400, short: 150, smoke: 60 },
  inputs: stage2Inputs('whole'),
  async measure(context) {
    const measurements: Measurement[] = [];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const frozen = languageOf(context, language);
      try {
        const { model } = await stage2Run(context, frozen, { withStage1: true, captions: 'whole' });
        measurements.push(...(await captionMeasurements(context, language, model)));
        model.dispose();
      } finally {
        frozen.dispose();
      }
    }
    return measurements;
  },
  claims: (Object.keys(LANGUAGES) as Language[]).map((language) => ({
    text: `What ${language} says of a picture holds of it, more often than of another.`,
    metric: WHOLE,
    better: language,
    worse: elsewhereArm(language),
  })),
  paper: [],
};

/** What of its captions of test pictures is right, and how like those of the world they are. */
export async function captionMeasurements(
  { data, scale }: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const { test, world } = data;
  const indices = Array.from({ length: Math.min(TEST_PICTURES[scale], test.size) }, (_, i) => i);
  const captions = (await model.caption(test, indices)).map(([{ text }]) => text);
  const judge = (shift: number) =>
    captions.map((text, i) => {
      const { scene } = world.splits.test[indices[(i + shift) % indices.length]];
      return judgeCaption(text, scene.objects);
    });
  const [own, others] = [judge(0), judge(1)];
  const percent = (values: readonly boolean[]) => 100 * mean(values.map(Number));
  const right = (metric: string, values: readonly boolean[]) => ({
    arm: language,
    metric,
    value: percent(values),
  });
  return [
    right(
      WHOLE,
      own.map((judgement) => judgement.right),
    ),
    right(
      'objects right',
      own.map(({ things, thingsRight }) => things > 0 && thingsRight === things),
    ),
    right(
      'relation right',
      own.map(({ relations, relationsRight }) => relations > 0 && relationsRight === relations),
    ),
    right(
      'in the form of a caption',
      own.map(({ readable }) => readable),
    ),
    {
      ...right(
        WHOLE,
        others.map((judgement) => judgement.right),
      ),
      arm: elsewhereArm(language),
    },
    {
      arm: language,
      metric: 'CIDEr',
      value:
        100 *
        cider(
          ptbTokenize(captions),
          indices.map((index) => ptbTokenize(test.captions(index))),
        ).corpus,
    },
  ];
}
