/** The stage-2 runs of several studies: both kinds of language model, with and without a stage 1 before them. */
import { loadLanguageModel, shapes, type FrozenLanguageModel, type ShapesDataset } from '../data';
import {
  shapesLongStage2,
  shapesShortStage1,
  shapesStage2,
  SHORT_CAPTIONS,
  stage1,
  stage2,
  type Stage2Model,
} from '../recipes';
import type { Run } from '../train';
import { atScale } from './scale';
import type { Scale, StudyContext } from './study';

/** As tables call the language models, and as Shapes' folders do. */
export const LANGUAGES = { OPT: 'opt', FlanT5: 't5' } as const;
export type Language = keyof typeof LANGUAGES;

/** How many points a curve has. */
const POINTS = 10;
const LONG_POINTS = 15;

/** So many pictures of the test split are asked about. */
export const TEST_PICTURES: Record<Scale, number> = { full: 1000, short: 300, smoke: 20 };

export function languageOf({ data }: StudyContext, language: Language): FrozenLanguageModel {
  return loadLanguageModel(data.languageDirs![LANGUAGES[language]]);
}

/** The same pictures, with captions of one object each. */
function withShortCaptions({ world: { settings } }: ShapesDataset): ShapesDataset {
  return shapes({ ...settings, captions: { ...settings.captions, ...SHORT_CAPTIONS } });
}

/** Stage 2 with its curve of zero-shot accuracy on the validation split in its log. */
export async function stage2Run(
  context: StudyContext,
  language: FrozenLanguageModel,
  { withStage1 }: { withStage1: boolean },
): Promise<Run<Stage2Model>> {
  const { scale } = context;
  const data = withShortCaptions(context.data);
  const from = withStage1
    ? await context.run(stage1({ ...atScale(scale, shapesShortStage1), data }))
    : undefined;
  const settings = atScale(scale, shapesStage2({ language, from }));
  return context.run(stage2({ ...settings, data, language, from }), {
    evaluateEvery: Math.ceil(settings.steps / POINTS),
  });
}

/** Stage 2 without stage 1, long after its peak. The checkpoint of each point of its curve is kept. */
export function longStage2Run(
  context: StudyContext,
  language: FrozenLanguageModel,
): Promise<Run<Stage2Model>> {
  const { scale } = context;
  const data = withShortCaptions(context.data);
  const settings = atScale(scale, shapesLongStage2({ language }));
  const every = Math.ceil(settings.steps / LONG_POINTS);
  return context.run(stage2({ ...settings, data, language }), {
    evaluateEvery: every,
    checkpointEvery: every,
    keepCheckpoints: LONG_POINTS + 1,
  });
}
