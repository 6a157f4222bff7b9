/**
 * CapFilt (BLIP-2 section 3.4): stage 1 on the web's own captions, on those that CapFilt kept, and, for comparison, on
 * clean ones; all else is the same.
 */
import { judgeCaption } from '@blip2/datasets';
import { capfilt, withCaptions, withWebCaptions, type CapFilt } from '../capfilt';
import { shapesTower, type ShapesDataset } from '../data';
import { SHAPES_CANDIDATES, shapesStage1, stage1, STAGE1_RATES } from '../recipes';
import { BOTH_WAYS, recallMeasurements, recallMetric } from './recall';
import { atScale, leavesOut } from './scale';
import { percent } from './statistics';
import type { Measurement, Study, StudyContext } from './study';
import { variantOf } from './variants';

const WEB = 'raw web captions';
const KEPT = 'CapFilt';
const CLEAN = 'clean captions';
const RIGHT = 'captions right';

/** Enough to see how many captions are right. */
const FEWER = { train: 2000 };

export const capfiltStudy: Study = {
  name: 'capfilt',
  title: 'Captions from a captioner, filtered by CLIP',
  source: 'section 3.4',
  announcement:
    'Most captions of the web are wrong here. As in the paper, a captioner writes ten more for each picture, and CLIP keeps ' +
    'the best two of all. Measured: how many are right, and what stage 1 learns from the web’s captions, from those that ' +
    'were kept, and, for comparison, from clean ones (at full size). (The paper has no such comparison: it takes CapFilt over from BLIP.)',
  seconds: { full: 600, short: 60, smoke: 60 },
  inputs: {
    settings: {
      shapesStage1,
      rates: {
        base: STAGE1_RATES.base,
        webCaptions: STAGE1_RATES.webCaptions,
        capfilt: STAGE1_RATES.capfilt,
      },
      SHAPES_CANDIDATES,
    },
    towers: ['clip-l', 'captioner'],
  },
  async measure(context) {
    const { scale } = context;
    const data = variantOf(context.data, leavesOut(scale) ? FEWER : {});
    const { file } = await captionsOf(context, data);
    const arms = [
      { arm: WEB, on: withWebCaptions(data), learningRate: STAGE1_RATES.webCaptions },
      { arm: KEPT, on: withCaptions(data, file), learningRate: STAGE1_RATES.capfilt },
      { arm: CLEAN, on: data, learningRate: STAGE1_RATES.base },
    ];
    const measurements: Measurement[] = [];
    for (const { arm, on, learningRate } of arms) {
      measurements.push({ arm, metric: RIGHT, value: shareRight(on) });
      if (leavesOut(scale)) continue;
      const { model } = await context.run(
        stage1({ ...atScale(scale, shapesStage1), data: on, learningRate }),
      );
      measurements.push(...(await recallMeasurements(arm, model, data.test)));
    }
    return measurements;
  },
  claims: [
    {
      text: 'What stage 1 learns from captions that CapFilt kept retrieves better than what it learns from the web’s.',
      metric: recallMetric({ what: BOTH_WAYS, ranking: 'ITM' }),
      better: KEPT,
      worse: WEB,
      takesLong: true,
    },
    {
      text: 'So it does where every true caption counts.',
      metric: recallMetric({ what: BOTH_WAYS, ranking: 'ITM', byTruth: true }),
      better: KEPT,
      worse: WEB,
      takesLong: true,
    },
    {
      text: 'So it does by ITC alone, without re-ranking.',
      metric: recallMetric({ what: BOTH_WAYS, ranking: 'ITC' }),
      better: KEPT,
      worse: WEB,
      takesLong: true,
    },
  ],
  paper: [],
};

/** Made once for all seeds: waited for, if another process is at it. */
function captionsOf(context: StudyContext, data: ShapesDataset): Promise<CapFilt> {
  const { runsDir } = context;
  return context.inTurn((signal) =>
    capfilt({
      ...{ data, runsDir, signal },
      captioner: shapesTower('captioner'),
      ranker: shapesTower('clip-l'),
      onProgress: ({ done, total }) => context.activity(`captions of ${done}/${total} pictures`),
    }),
  );
}

/** Per cent of a world's training captions that hold of their pictures. */
function shareRight({ train, world }: ShapesDataset): number {
  const { train: examples } = world.splits;
  return percent(
    examples.flatMap(({ scene }, index) =>
      train.captions(index).map((caption) => judgeCaption(caption, scene.objects).right),
    ),
  );
}
