/**
 * Finished BLIP-2s of Shapes, one for each kind of language model, shipped in datasets/shapes/blip2-opt and blip2-t5:
 * stage 1, then stage 2, with the settings of figure 5.
 */
import { join } from 'node:path';
import { loadLanguageModel, loadVisionTower, shapes } from '../../data';
import { train, type Run, type TrainOptions } from '../../train';
import { saveBlip2 } from '../finishedModel';
import { stage1 } from '../stage1';
import { stage2 } from '../stage2';
import { SHORT_CAPTIONS, shapesShortStage1, shapesStage2 } from './settings';
import { STORED } from '../towers';

export type FinishedLanguage = 'opt' | 't5';

/**
 * Trains both stages and writes what they make of the towers as a Hugging Face folder.
 *
 * @param towers the folder in which the towers' folders are
 */
export async function makeShapesBlip2(
  dir: string,
  kind: FinishedLanguage,
  towers: string,
  options: TrainOptions = {},
): Promise<Run> {
  const data = shapes({ captions: SHORT_CAPTIONS });
  const tower = loadVisionTower(join(towers, 'clip-l'));
  const language = loadLanguageModel(join(towers, kind));
  const from = await train(stage1({ ...shapesShortStage1, data, tower }), options);
  if (from.interrupted) return from;
  const settings = shapesStage2({ language, from });
  const run = await train(stage2({ ...settings, data, tower, language, from }), options);
  if (!run.interrupted) saveBlip2(dir, run.model, STORED);
  return run;
}
