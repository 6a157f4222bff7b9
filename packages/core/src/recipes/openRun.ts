/** A run folder brought back as what `train` returned. */
import { Blip2Error } from '../runtime';
import type { JsonObject } from '../checkpoints';
import {
  languageModelHash,
  loadLanguageModel,
  loadVisionTower,
  type FrozenLanguageModel,
  type FrozenVisionTower,
  type ImageTextDataset,
} from '../data';
import {
  bestCheckpoint,
  checkpointAt,
  defaultRunsDir,
  readModel,
  readRunFolder,
  type Checkpoint,
  type RecipeRecord,
  type Run,
} from '../train';
import type { FinetunedModel } from './finetunedModel';
import { reopenFinetunedModel } from './finetuning';
import type { Places } from './places';
import type { Storage } from './plan';
import { makeData } from './registry';
import type { Disposable } from './owned';
import { resizedTower, sizedShape } from './resizedTower';
import { reopenRetrievalModel } from './retrieval';
import type { RetrievalTunedModel } from './retrievalModel';
import { createStage1Model } from './stage1';
import { parseStage1 } from './stage1Options';
import type { Stage1Model } from './stage1Model';
import { createStage2Model } from './stage2';
import type { Stage2Model } from './stage2Model';
import { parseStage2 } from './stage2Options';

/** What the runs of each stage give back. */
export interface RunModels {
  stage1: Stage1Model;
  stage2: Stage2Model;
  retrieval: RetrievalTunedModel;
  caption: FinetunedModel;
  vqa: FinetunedModel;
}
export type RunStage = keyof RunModels;

export interface OpenRunOptions<S extends RunStage = RunStage> {
  /** What it may be a run of; of anything unless given. */
  stages?: readonly S[];
  /** The vision tower, where the run had another than the one shipped for its data. */
  tower?: FrozenVisionTower;
  /** The language model of a stage 2 or of fine-tuning after it, where the run had another than those shipped for its data. */
  language?: FrozenLanguageModel;
  /** The step whose checkpoint is taken, or the best of a run with `keepBest`; the last that is whole unless given. */
  step?: number | 'best';
  runsDir?: string;
  /** Told about broken checkpoints that are passed over; standard error unless given. */
  warn?: (message: string) => void;
}

/**
 * The run in a folder, with the weights of its last whole checkpoint.
 * @throws Blip2Error if it is no run folder or of another stage, has no whole checkpoint, or belongs to another vision
 * tower or language model
 */
export function openRun<S extends RunStage = RunStage>(
  dir: string,
  options: OpenRunOptions<S> = {},
): Run<RunModels[S]> {
  const { warn = (message) => console.error(message), runsDir = defaultRunsDir() } = options;
  const { record, log, finished, ...found } = readRunFolder(dir, warn);
  const checkpoint = chosenCheckpoint(dir, options.step) ?? found.checkpoint;
  if (!checkpoint) {
    throw new Blip2Error(`${dir} has no whole checkpoint yet`, { hint: 'Let it train on: --resume.' });
  }
  const stage = checkStage(dir, record, options.stages);
  const data = reopened(dir, record, options.tower);
  const { towerType: dtype } = record.config as Recorded;
  const loaded: Disposable[] = [];
  const own = <T extends Disposable>(part: T): T => {
    loaded.push(part);
    return part;
  };
  try {
    const tower = options.tower ?? own(loadVisionTower(data.visionDir, { dtype }));
    if (tower.hash !== record.config.tower) {
      throw new Blip2Error(`${dir} was trained in front of another vision tower`, {
        hint: 'Train it again, or give the tower that it had.',
      });
    }
    const language = () => languageOf(dir, record, data, options.language);
    const model: RunModels[RunStage] = MAKERS[stage](record, {
      ...{ data, tower, runsDir, own },
      language: options.language ? language : () => own(language()),
    });
    model.owns(model.parameters, ...loaded.splice(0));
    own(model); // with all that it owns
    model.parameters.load(readModel(checkpoint) as never, checkpoint.dir);
    const { step } = checkpoint.state;
    const recipe = { name: record.name, hash: record.hash };
    return { dir, recipe, log, model: model as RunModels[S], step, interrupted: !finished };
  } catch (error) {
    for (const part of loaded) part.dispose();
    throw error;
  }
}

/** Of towers and tokenizers that were given to a run by their folders. */
interface Recorded {
  places?: Places;
  towerType?: Storage;
  languageType?: Storage;
  /** Of the pictures that fine-tuning trained on, where it was said. */
  imageSize?: number;
}

/** What is needed of the data of a finished run. */
type Reopened = Pick<ImageTextDataset, 'name' | 'tokenizerDir' | 'visionDir' | 'languageDirs'> & {
  /** Of data in memory. */
  train?: { imageSize: number };
};

/** Pictures on disk are not opened again: a model needs no more than what stood around it. */
function reopened(dir: string, { config }: RecipeRecord, tower?: FrozenVisionTower): Reopened {
  const { name, options } = config.data as { name: string; options: JsonObject };
  const { places = {} } = config as Recorded;
  const data =
    name === 'streamed'
      ? { name, tokenizerDir: '', visionDir: tower?.dir }
      : makeData(name, { ...options, ...ownPlaces(places) });
  const { tokenizer: tokenizerDir = data.tokenizerDir, tower: visionDir = data.visionDir } = places;
  if (visionDir !== undefined) return { ...data, tokenizerDir, visionDir };
  throw new Blip2Error(`${dir} does not say where its vision tower lies`, {
    hint: 'Give the one that it had: openRun(dir, { tower: loadVisionTower(folder) }).',
  });
}

/** Of data of one's own, as options of theirs. */
function ownPlaces({ data: dir, cache }: Places): JsonObject {
  return { ...(dir !== undefined && { dir }), ...(cache !== undefined && { cache }) };
}

function chosenCheckpoint(dir: string, step: number | 'best' | undefined): Checkpoint | undefined {
  if (step === undefined) return undefined;
  return step === 'best' ? bestCheckpoint(dir) : checkpointAt(dir, step);
}

interface Surroundings {
  data: Reopened;
  tower: FrozenVisionTower;
  runsDir: string;
  /** The one that the run had. */
  language: () => FrozenLanguageModel;
  /** What is loaded or made for the model alone goes with it, or when there will be none. */
  own: <T extends Disposable>(part: T) => T;
}

/** Models of given records, whatever their parameters: those of the checkpoint come after. */
const MAKERS: { [S in RunStage]: (record: RecipeRecord, around: Surroundings) => RunModels[S] } = {
  stage1({ config, training }, { data, tower, runsDir }) {
    const { losses, ...settings } = settingsOf(config);
    // Losses of one's own are functions, which no file can hold; the model does not need them.
    const numeric = Object.entries(losses as JsonObject).filter(([, loss]) => typeof loss === 'number');
    const parsed = parseStage1({ ...settings, ...training, losses: Object.fromEntries(numeric) });
    const { tokenizerDir } = data;
    return createStage1Model({ tower, tokenizerDir }, parsed, { seed: training.seed, runsDir });
  },
  stage2({ config, training }, { tower, runsDir, language }) {
    const parsed = parseStage2({ ...settingsOf(config), ...training });
    return createStage2Model({ tower, language: language() }, parsed, { seed: training.seed, runsDir });
  },
  retrieval: ({ config }, { data, tower }) =>
    reopenRetrievalModel(config, data.tokenizerDir, sizedShape(tower, (config as Recorded).imageSize)),
  caption: reopenFinetuned,
  vqa: reopenFinetuned,
};

function reopenFinetuned(
  { config }: RecipeRecord,
  { data, tower, language, own }: Surroundings,
): FinetunedModel {
  const sized = resizedTower(tower, (config as Recorded).imageSize);
  if (sized !== tower) own(sized);
  const { train: { imageSize } = sized, tokenizerDir } = data;
  return reopenFinetunedModel(config, { tower: sized, language: language(), imageSize, tokenizerDir });
}

/** The options of a recipe, of what it recorded: without what stands for its parts. */
function settingsOf(config: JsonObject): JsonObject {
  const parts = ['stage', 'data', 'tower', 'language', 'from', 'initialise', 'places', 'tokenizer'];
  return Object.fromEntries(Object.entries(config).filter(([key]) => !parts.includes(key)));
}

/** The language model that a run had: the one given, or one shipped for its data. */
function languageOf(
  dir: string,
  { config }: RecipeRecord,
  { name, languageDirs = {} }: Reopened,
  given?: FrozenLanguageModel,
): FrozenLanguageModel {
  if (given?.hash === config.language) return given;
  const { places = {}, languageType: dtype } = config as Recorded;
  if (!given && places.language !== undefined) {
    const { language } = places;
    if (languageModelHash(language, { dtype }) === config.language)
      return loadLanguageModel(language, { dtype });
  }
  const shipped = Object.values(languageDirs).find((one) => languageModelHash(one) === config.language);
  if (!given && shipped) return loadLanguageModel(shipped);
  const what = given ? 'the one given' : `those shipped for ${name}`;
  throw new Blip2Error(`${dir} was trained with another language model than ${what}`, {
    hint: 'Give the one that it had: openRun(dir, { language: loadLanguageModel(folder) }), or --language FOLDER.',
  });
}

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
