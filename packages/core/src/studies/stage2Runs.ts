/** The stage-2 runs of several studies: both kinds of language model, with and without a stage 1 before them. */
import type { FrozenLanguageModel, ShapesDataset } from '../data';
import {
  shapesLongStage2,
  shapesShortStage1,
  shapesStage2,
  SHORT_CAPTIONS,
  stage1,
  stage2,
  type Stage1Model,
  type Stage2Model,
} from '../recipes';
import type { LanguageTower } from '../models';
import type { Run } from '../train';
import { atScale } from './scale';
import type { Scale, StudyContext, StudyInputs } from './study';
import { variantOf } from './variants';

/** How many points a curve has. */
const POINTS: Record<Scale, number> = { full: 10, short: 10, smoke: 2 };
const LONG_POINTS: Record<Scale, number> = { full: 15, short: 15, smoke: 4 };
/** What `short` leaves of a run: with less of these there is nothing to be seen yet. */
const ALL = 1;

/** What the runs below are trained on: the same pictures and towers, with captions of one object each. */
const withShortCaptions = (data: ShapesDataset) => variantOf(data, { captions: SHORT_CAPTIONS });

/** What the runs below are made of: for `inputs` of a study. */
export function stage2Inputs(): StudyInputs {
  const settingsOf = (architecture: LanguageTower['architecture']) => {
    const language = { tower: { architecture } };
    return {
      withStage1: shapesStage2({ language, from: {} }),
      withoutStage1: shapesStage2({ language }),
      long: shapesLongStage2({ language }),
    };
  };
  return {
    settings: {
      captions: SHORT_CAPTIONS,
      stage1: shapesShortStage1,
      OPT: settingsOf('decoder-only'),
      FlanT5: settingsOf('encoder-decoder'),
    },
    towers: ['clip-l', 'opt', 't5'],
  };
}

interface Stage2Arm {
  withStage1: boolean;
  /** Of the vision tower; the data's own unless given. */
  visionDir?: string;
}

/** The stage 1 that such a stage 2 goes on with: the same captions, and all of its steps, which figure 5 needs. */
export function stage1Before(
  context: StudyContext,
  visionDir = context.data.visionDir,
): Promise<Run<Stage1Model>> {
  const data = { ...withShortCaptions(context.data), visionDir };
  return context.run(stage1({ ...atScale(context.scale, shapesShortStage1, ALL), data }));
}

/** Stage 2 with its curve of zero-shot accuracy on the validation split in its log. */
export async function stage2Run(
  context: StudyContext,
  language: FrozenLanguageModel,
  { withStage1, visionDir = context.data.visionDir }: Stage2Arm,
): Promise<Run<Stage2Model>> {
  const { scale } = context;
  const data = { ...withShortCaptions(context.data), visionDir };
  const from = withStage1 ? await stage1Before(context, visionDir) : undefined;
  const settings = atScale(scale, shapesStage2({ language, from }), ALL);
  return context.run(stage2({ ...settings, data, language, from }), {
    evaluateEvery: Math.ceil(settings.steps / POINTS[scale]),
  });
}

/**
 * Stage 2 without stage 1, long after its peak. The checkpoint of each point of its curve is kept: which one is the peak
 * is known at the end.
 */
export function longStage2Run(
  context: StudyContext,
  language: FrozenLanguageModel,
): Promise<Run<Stage2Model>> {
  const { scale } = context;
  const data = withShortCaptions(context.data);
  const settings = atScale(scale, shapesLongStage2({ language }), ALL);
  const every = Math.ceil(settings.steps / LONG_POINTS[scale]);
  return context.run(stage2({ ...settings, data, language }), {
    evaluateEvery: every,
    checkpointEvery: every,
    keepCheckpoints: LONG_POINTS[scale] + 1,
  });
}
