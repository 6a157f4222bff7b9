/** A run folder brought back as what `train` returned. */
import { Blip2Error, type ParameterStore } from '../runtime';
import type { JsonObject } from '../checkpoints';
import { loadVisionTower, type FrozenVisionTower, type ImageTextDataset } from '../data';
import { defaultRunsDir, readModel, readRunFolder, type RecipeRecord, type Run } from '../train';
import { makeData } from './registry';
import { reopenRetrievalModel } from './retrieval';
import type { RetrievalTunedModel } from './retrievalModel';
import { createStage1Model } from './stage1';
import { parseStage1 } from './stage1Options';
import type { Stage1Model } from './stage1Model';

/** What the runs of each stage give back. */
export interface RunModels {
  stage1: Stage1Model;
  retrieval: RetrievalTunedModel;
}
export type RunStage = keyof RunModels;

export interface OpenRunOptions<S extends RunStage = RunStage> {
  /** What it may be a run of; of anything unless given. */
  stages?: readonly S[];
  /** The vision tower, where the run had another than the one shipped for its data. */
  tower?: FrozenVisionTower;
  runsDir?: string;
  /** Told about broken checkpoints that are passed over; standard error unless given. */
  warn?: (message: string) => void;
}

/**
 * The run in a folder, with the weights of its last whole checkpoint.
 * @throws Blip2Error if it is no run folder or of another stage, has no whole checkpoint, or belongs to another vision
 * tower
 */
export function openRun<S extends RunStage = RunStage>(
  dir: string,
  options: OpenRunOptions<S> = {},
): Run<RunModels[S]> {
  const { warn = (message) => console.error(message), runsDir = defaultRunsDir() } = options;
  const { record, log, checkpoint, finished } = readRunFolder(dir, warn);
  if (!checkpoint) {
    throw new Blip2Error(`${dir} has no whole checkpoint yet`, { hint: 'Let it train on: --resume.' });
  }
  const stage = checkStage(dir, record, options.stages);
  const { name, options: dataOptions } = record.config.data as { name: string; options: JsonObject };
  const data = makeData(name, dataOptions);
  const tower = options.tower ?? loadVisionTower(data.visionDir);
  if (tower.hash !== record.config.tower) {
    throw new Blip2Error(`${dir} was trained in front of another vision tower`, {
      hint: 'Train it again, or give the tower that it had.',
    });
  }
  const model: { parameters: ParameterStore } = MAKERS[stage](record, { data, tower, runsDir });
  model.parameters.load(readModel(checkpoint) as never, checkpoint.dir);
  const { step } = checkpoint.state;
  const recipe = { name: record.name, hash: record.hash };
  return { dir, recipe, log, model: model as RunModels[S], step, interrupted: !finished };
}

interface Surroundings {
  data: ImageTextDataset;
  tower: FrozenVisionTower;
  runsDir: string;
}

/** Models of given records, whatever their parameters: those of the checkpoint come after. */
const MAKERS: { [S in RunStage]: (record: RecipeRecord, around: Surroundings) => RunModels[S] } = {
  stage1({ config, training }, { data, tower, runsDir }) {
    const { stage: _1, data: _2, tower: _3, initialise: _4, losses, ...settings } = config;
    // Losses of one's own are functions, which no file can hold; the model does not need them.
    const numeric = Object.entries(losses as JsonObject).filter(([, loss]) => typeof loss === 'number');
    const parsed = parseStage1({ ...settings, ...training, losses: Object.fromEntries(numeric) });
    return createStage1Model(data, tower, parsed, { seed: training.seed, runsDir });
  },
  retrieval: ({ config }, { data, tower }) => reopenRetrievalModel(config, data, tower),
};

function checkStage(dir: string, { config }: RecipeRecord, allowed?: readonly RunStage[]): RunStage {
  const stage = config.stage as RunStage;
  const known = allowed ?? (Object.keys(MAKERS) as RunStage[]);
  if (known.includes(stage)) return stage;
  throw new Blip2Error(`${dir} is a run of ${JSON.stringify(stage)}, not of ${known.join(' or ')}`, {
    hint: allowed
      ? 'Give the folder of such a run.'
      : 'To have it back, train its recipe again with `out` set to the folder and `resume: true`: nothing is left to do.',
  });
}
