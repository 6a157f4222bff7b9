/** Stage 2 (section 3.3): what language models say of pictures, held against what is there. */
import { judgeCaption } from '@blip2/datasets';
import { cider, ptbTokenize } from '../evaluate';
import { CAPTIONS_RIGHT, SHORT_CAPTIONS, type Stage2Model } from '../recipes';
import { elsewhereArm, forEachLanguage, LANGUAGE_NAMES, type Language } from './languages';
import { TEST_PICTURES } from './scale';
import { stage2Inputs, stage2Run } from './stage2Runs';
import { percent } from './statistics';
import type { Measurement, Study, StudyContext } from './study';
import { variantOf } from './variants';

/** What captions are compared with: as many a picture as COCO has. */
const REFERENCES = { captions: { ...SHORT_CAPTIONS, perScene: 5 } };

export const stage2Study: Study = {
  name: 'stage2',
  title: 'Captions after stage 2',
  source: 'sections 3.3 and 4.2',
  announcement:
    'A decoder-only and an encoder-decoder language model, both frozen, describe pictures that they are told of by a few ' +
    'soft prompts. Shapes knows what is true: each caption is held against its picture, and against another.',
  seconds: { full: 300, short: 60, smoke: 60 },
  inputs: stage2Inputs(),
  measure: (context) =>
    forEachLanguage(context, LANGUAGE_NAMES, async (language, frozen) => {
      const { model } = await stage2Run(context, frozen, { withStage1: true });
      const measurements = await captionMeasurements(context, language, model);
      model.dispose();
      return measurements;
    }),
  claims: LANGUAGE_NAMES.map((language) => ({
    text: `What ${language} says of a picture holds of it, more often than of another.`,
    metric: CAPTIONS_RIGHT,
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
  const { test, world } = variantOf(data, REFERENCES);
  const indices = Array.from({ length: Math.min(TEST_PICTURES[scale], test.size) }, (_, i) => i);
  const captions = (await model.caption(test, indices)).map(([{ text }]) => text);
  const judge = (shift: number) =>
    captions.map((text, i) => {
      const { scene } = world.splits.test[indices[(i + shift) % indices.length]];
      return judgeCaption(text, scene.objects);
    });
  const [own, others] = [judge(0), judge(1)];
  const share = (is: 'right' | 'readable', judgements: typeof own) =>
    percent(judgements.map((judgement) => judgement[is]));
  const references = indices.map((index) => ptbTokenize(test.captions(index)));
  return [
    { arm: language, metric: CAPTIONS_RIGHT, value: share('right', own) },
    { arm: language, metric: 'in the form of a caption', value: share('readable', own) },
    { arm: elsewhereArm(language), metric: CAPTIONS_RIGHT, value: share('right', others) },
    { arm: language, metric: 'CIDEr', value: 100 * cider(ptbTokenize(captions), references).corpus },
  ];
}
