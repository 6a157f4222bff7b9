/**
 * Stage 1 (BLIP-2 section 3.2): a Q-Former learns to read a frozen vision tower, by ITC, ITM and ITG.
 * B batch, P patches, T text tokens, W vision width.
 */
import { join } from 'node:path';
import { ParameterStore } from '../runtime';
import { Tokenizer } from '../text';
import { blip2QformerParameters, type Blip2QformerConfig } from '../models';
import type { JsonObject } from '../checkpoints';
import {
  loadVisionTower,
  splitFeatures,
  visionTowerHash,
  type FrozenVisionTower,
  type ImageTextDataset,
} from '../data';
import { trainingOf, type PrepareContext, type Recipe, type Task } from '../train';
import { captionBatches } from './captions';
import { initialisationRecord, initialise } from './initialise';
import { lossWeights, objective } from './objective';
import { customLosses, lossRecord } from './objectiveOptions';
import { qformerConfig } from './qformerOptions';
import { parseStage1, type Stage1Options, type Stage1Settings } from './stage1Options';
import { Stage1Model } from './stage1Model';
import { validationRecall } from './validation';

/**
 * The recipe of a stage-1 run.
 * @throws Blip2Error naming an option that is unknown or out of range, or if there is no vision tower
 */
export function stage1({ data, tower, ...options }: Stage1Options): Recipe<Stage1Model> {
  const settings = parseStage1(options);
  const { training, rest } = trainingOf(settings);
  const config = {
    ...rest,
    initialise: rest.initialise && initialisationRecord(rest.initialise),
    losses: lossRecord(rest.losses),
    stage: 'stage1',
    data: { name: data.name, options: data.options },
    tower: tower?.hash ?? visionTowerHash(data.visionDir),
  };
  return {
    name: `stage1-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: customLosses(rest.losses).length > 0,
    prepare: (context) => prepare(data, tower ?? loadVisionTower(data.visionDir), settings, context),
  };
}

/** The model of given settings, its parameters freshly drawn from the seed. */
export function createStage1Model(
  data: ImageTextDataset,
  tower: FrozenVisionTower,
  settings: Stage1Settings,
  { seed, runsDir }: { seed: number; runsDir: string },
): Stage1Model {
  const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
  const config = modelConfig(settings, tower, tokenizer);
  const parameters = ParameterStore.create(blip2QformerParameters(config), seed);
  const { maxTextLength } = settings;
  const cacheDir = join(runsDir, 'cache');
  return new Stage1Model({ config, parameters, tokenizer, tower, maxTextLength, cacheDir });
}

function modelConfig(
  settings: Stage1Settings,
  tower: FrozenVisionTower,
  tokenizer: Tokenizer,
): Blip2QformerConfig {
  const { temperature, maxTextLength } = settings;
  return {
    qformer: qformerConfig(settings, {
      encoderHiddenSize: tower.hiddenSize,
      useQformerTextInput: true,
      vocabSize: tokenizer.vocabularySize,
      maxPositionEmbeddings: maxTextLength,
    }),
    imageTextHiddenSize: settings.qformer.projection,
    visionLayerNormEps: 1e-5,
    temperature,
    decoderStartTokenId: tokenizer.id('[DEC]'),
  };
}

async function prepare(
  data: ImageTextDataset,
  tower: FrozenVisionTower,
  settings: Stage1Settings,
  { training, runsDir, note }: PrepareContext,
): Promise<Task<Stage1Model>> {
  const { batchSize, seed } = training;
  const { losses, maxTextLength } = settings;
  const model = createStage1Model(data, tower, settings, { seed, runsDir });
  const { config, parameters, tokenizer } = model;
  if (settings.initialise) initialise(parameters, config, settings.initialise);
  note(`Features of ${data.train.size} pictures (${data.name}, frozen vision tower)`);
  const features = await splitFeatures(tower, data.train, join(runsDir, 'cache'));
  const captions = captionBatches(data.train, tokenizer, { maxTextLength, batchSize, seed });
  const weights = lossWeights(losses);
  return {
    model,
    parameters,
    inputs: (step) => {
      const { indices, text } = captions(step);
      const image = { shape: [batchSize, ...features.shape], data: features.gather(indices) };
      return { image, ...text, ...weights };
    },
    loss: (w, inputs, rng) => objective(w, { config, losses }, inputs.image, inputs, rng),
    evaluate: () => validationRecall(model, data.validation),
  };
}
