/**
 * CapFilt (BLIP-2 section 3.4): stage 1 on the web's own captions, on those that CapFilt kept, and, for comparison, on
 * clean ones; all else is the same.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { judgeCaption, shapesDirectory } from '@blip2/datasets';
import { capfilt, withCaptions, withWebCaptions, type CapFilt } from '../capfilt';
import type { ShapesDataset } from '../data';
import { evaluateRetrieval, type RetrievalRow } from '../evaluate';
import { SHAPES_CANDIDATES, shapesStage1, stage1 } from '../recipes';
import { FolderInUse } from '../train';
import { atScale } from './scale';
import { mean } from './statistics';
import type { Measurement, Study, StudyContext } from './study';

const WEB = 'raw web captions';
const KEPT = 'CapFilt';
const CLEAN = 'clean captions';
const RIGHT = 'captions right';
const recallOf = (scores: 'ITC' | 'ITM') =>
  `R@1, mean of both ways, ${scores === 'ITC' ? 'ITC' : 're-ranked'}`;

export const capfiltStudy: Study = {
  name: 'capfilt',
  title: 'Captions from a captioner, filtered by CLIP',
  source: 'section 3.4',
  announcement:
    'Most captions of the web are wrong here. A captioner writes ten more for each picture, CLIP keeps the best two of ' +
    'all: more of them are right, and stage 1 learns more from them.',
  seconds: { full: 600, short: 300, smoke: 60 },
  async measure(context) {
    const { file } = await captionsOf(context);
    const arms = {
      [WEB]: withWebCaptions(context.data),
      [KEPT]: withCaptions(context.data, file),
      [CLEAN]: context.data,
    };
    const measurements: Measurement[] = [];
    for (const [arm, data] of Object.entries(arms)) {
      measurements.push({ arm, metric: RIGHT, value: shareRight(data) });
      measurements.push(...(await recalls(arm, data, context)));
    }
    return measurements;
  },
  claims: [
    {
      text: 'What stage 1 learns from captions that CapFilt kept serves retrieval better than what it learns from the web’s.',
      metric: recallOf('ITM'),
      better: KEPT,
      worse: WEB,
    },
    {
      text: 'So it does when images and texts are compared by ITC alone.',
      metric: recallOf('ITC'),
      better: KEPT,
      worse: WEB,
    },
  ],
  paper: [],
};

/** Made once for all seeds: waited for, if another process is at it. */
async function captionsOf(context: StudyContext): Promise<CapFilt> {
  const { data, runsDir } = context;
  const captioner = join(shapesDirectory, 'captioner');
  const ranker = data.visionDir;
  context.note(`Ten captions for each of ${data.train.size} pictures, and which CLIP keeps`);
  for (;;) {
    try {
      return await capfilt({ data, captioner, ranker, runsDir });
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      await setTimeout(1000);
    }
  }
}

/** Per cent of a world's training captions that hold of their pictures. */
function shareRight({ train, world }: ShapesDataset): number {
  const { train: examples } = world.splits;
  const judged = examples.flatMap(({ scene }, index) =>
    train.captions(index).map((caption) => judgeCaption(caption, scene.objects).right),
  );
  return 100 * mean(judged.map(Number));
}

async function recalls(arm: string, data: ShapesDataset, context: StudyContext): Promise<Measurement[]> {
  const { model } = await context.run(stage1({ ...atScale(context.scale, shapesStage1), data }));
  const { rows } = await evaluateRetrieval(model, data.test, { k: SHAPES_CANDIDATES });
  const each = rows.map(({ direction, scores, r1 }) => ({
    arm,
    metric: `R@1 ${direction}, ${scores === 'ITC' ? 'ITC' : 're-ranked'}`,
    value: r1,
  }));
  const both = (['ITC', 'ITM'] as const).map((scores) => ({
    arm,
    metric: recallOf(scores),
    value: mean(r1Of(rows, scores)),
  }));
  return [...each, ...both];
}

const r1Of = (rows: readonly RetrievalRow[], scores: 'ITC' | 'ITM'): number[] =>
  rows.filter((row) => row.scores === scores).map(({ r1 }) => r1);
