/** A run folder brought back as what `train` returned. */
import { Blip2Error } from '../runtime';
import type { JsonObject } from '../checkpoints';
import { loadVisionTower, type FrozenVisionTower } from '../data';
import { defaultRunsDir, readModel, readRunFolder, type Run } from '../train';
import { makeData } from './registry';
import { createStage1Model } from './stage1';
import { parseStage1 } from './stage1Options';
import type { Stage1Model } from './stage1Model';

export interface OpenRunOptions {
  /** The vision tower, where the run had another than the one shipped for its data. */
  tower?: FrozenVisionTower;
  runsDir?: string;
  /** Told about broken checkpoints that are passed over; standard error unless given. */
  warn?: (message: string) => void;
}

/**
 * The run in a folder, with the weights of its last whole checkpoint.
 * @throws Blip2Error if it is no run folder, has no whole checkpoint, or belongs to another vision tower
 */
export function openRun(dir: string, options: OpenRunOptions = {}): Run<Stage1Model> {
  const { warn = (message) => console.error(message), runsDir = defaultRunsDir() } = options;
  const { record, log, checkpoint, finished } = readRunFolder(dir, warn);
  if (!checkpoint) {
    throw new Blip2Error(`${dir} has no whole checkpoint yet`, { hint: 'Let it train on: --resume.' });
  }
  const { stage, data, tower: towerHash, losses, ...settings } = record.config;
  if (stage !== 'stage1') {
    throw new Blip2Error(`${dir} is a run of ${JSON.stringify(stage)}, not of stage 1`, {
      hint: 'To have it back, train its recipe again with `out` set to the folder and `resume: true`: nothing is left to do.',
    });
  }
  const { name, options: dataOptions } = data as { name: string; options: JsonObject };
  const dataset = makeData(name, dataOptions);
  const tower = options.tower ?? loadVisionTower(dataset.visionDir);
  if (tower.hash !== towerHash) {
    throw new Blip2Error(`${dir} was trained in front of another vision tower`, {
      hint: 'Train it again, or give the tower that it had.',
    });
  }
  // Losses of one's own are functions, which no file can hold; the model does not need them.
  const numeric = Object.entries(losses as JsonObject).filter(([, loss]) => typeof loss === 'number');
  const parsed = parseStage1({ ...settings, ...record.training, losses: Object.fromEntries(numeric) });
  const { model } = createStage1Model(dataset, tower, parsed, { seed: record.training.seed, runsDir });
  model.parameters.load(readModel(checkpoint) as never, checkpoint.dir);
  const { step } = checkpoint.state;
  return { dir, recipe: { name: record.name, hash: record.hash }, log, model, step, interrupted: !finished };
}
