/**
 * Stage 1 (BLIP-2 section 3.2): a Q-Former learns to read a frozen vision tower, by ITC, ITM and ITG.
 * B batch, P patches, T text tokens, W vision width.
 */
import { join } from 'node:path';
import { ParameterStore } from '../runtime';
import type { Tokenizer } from '../text';
import { blip2QformerParameters, type Blip2QformerConfig } from '../models';
import type { JsonObject } from '../checkpoints';
import { splitFeatures, type FrozenVisionTower, type ImageTextDataset, type ImageTextSplit } from '../data';
import { trainingOf, type PrepareContext, type Recipe, type Task } from '../train';
import { captionBatches } from './captions';
import { chunkedObjective } from './chunkedObjective';
import { heldOutBatches } from './heldOut';
import { initialisationRecord, initialise } from './initialise';
import { lossWeights, objective } from './objective';
import { customLosses, lossRecord } from './objectiveOptions';
import {
  checkCaptions,
  dataPlaces,
  dataRecord,
  isStreamed,
  placesRecord,
  tokenizerOf,
  visionOf,
  type InputSource,
  type TrainingData,
} from './places';
import { qformerConfig } from './qformerOptions';
import { qformerTokenizer } from './qformerTokenizer';
import { parseStage1, type Stage1Options, type Stage1Settings } from './stage1Options';
import { Stage1Model } from './stage1Model';
import { openStream } from './streamed';
import type { StreamedDataset } from './streamedOptions';
import { validationRecall } from './validation';

/**
 * The recipe of a stage-1 run.
 * @throws Blip2Error naming an option that is unknown or out of range, or if there is no vision tower
 */
export function stage1({ data, tower, tokenizer, ...options }: Stage1Options): Recipe<Stage1Model> {
  const settings = parseStage1(options);
  checkCaptions('stage1', data, settings.imageSize);
  const vision = visionOf(data, tower, settings.towerType);
  const tokenizerDir = tokenizerOf(data, tokenizer);
  const { training, rest } = trainingOf(settings);
  const config = {
    ...rest,
    initialise: rest.initialise && initialisationRecord(rest.initialise),
    losses: lossRecord(rest.losses),
    stage: 'stage1',
    data: dataRecord(data),
    tower: vision.hash,
    ...placesRecord({ ...dataPlaces(data), tower, tokenizer }),
  };
  return {
    name: `stage1-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: customLosses(rest.losses).length > 0,
    prepare: (context) => prepare({ data, tower: vision.load(), tokenizerDir }, settings, context),
  };
}

/** What the Q-Former stands between. */
interface Surroundings {
  data: TrainingData;
  tower: FrozenVisionTower;
  tokenizerDir: string;
}

/** The model of given settings, its parameters freshly drawn from the seed. */
export function createStage1Model(
  { tower, tokenizerDir }: Pick<Surroundings, 'tower' | 'tokenizerDir'>,
  settings: Stage1Settings,
  { seed, runsDir }: { seed: number; runsDir: string },
): Stage1Model {
  const tokenizer = qformerTokenizer(tokenizerDir);
  const config = stage1Config(settings, tower, tokenizer);
  const parameters = ParameterStore.create(blip2QformerParameters(config), seed);
  const { maxTextLength } = settings;
  const cacheDir = join(runsDir, 'cache');
  return new Stage1Model({ config, parameters, tokenizer, tokenizerDir, tower, maxTextLength, cacheDir });
}

/** The Q-Former that given settings mean, between a tower and a tokenizer. */
export function stage1Config(
  settings: Stage1Settings,
  tower: Pick<FrozenVisionTower, 'hiddenSize'>,
  tokenizer: Tokenizer,
): Blip2QformerConfig {
  const { temperature, maxTextLength } = settings;
  const { positions = maxTextLength, ...qformer } = settings.qformer;
  return {
    qformer: qformerConfig(
      { ...settings, qformer },
      {
        encoderHiddenSize: tower.hiddenSize,
        useQformerTextInput: true,
        vocabSize: tokenizer.vocabularySize,
        maxPositionEmbeddings: positions,
      },
    ),
    imageTextHiddenSize: settings.qformer.projection,
    visionLayerNormEps: 1e-5,
    temperature,
    decoderStartTokenId: tokenizer.id('[DEC]'),
  };
}

async function prepare(
  around: Surroundings,
  settings: Stage1Settings,
  context: PrepareContext,
): Promise<Task<Stage1Model>> {
  const { seed } = context.training;
  const model = createStage1Model(around, settings, { seed, runsDir: context.runsDir });
  const { config, parameters } = model;
  if (settings.initialise) initialise(parameters, config, settings.initialise);
  const { losses, gathered } = settings;
  const { data } = around;
  const source = isStreamed(data)
    ? await streamedInputs({ ...around, data }, model, settings, context)
    : await cachedInputs({ ...around, data }, model, settings, context);
  const weights = lossWeights(losses);
  const { validation } = source;
  return {
    model,
    parameters,
    inputs: async (step) => ({ ...(await source.inputs(step)), ...weights }),
    validation: heldOutBatches(validation, context.training.batchSize, async (split, batchSize) => {
      const inputs = await splitInputs(split, around.tower, model, settings, {
        ...context,
        batchSize,
        share: undefined,
      });
      return async (batch) => ({ ...(await inputs(batch)), ...weights });
    }),
    loss: (w, inputs, rng) => objective(w, { config, losses, gathered }, inputs.image, inputs, rng),
    chunked: chunkedObjective({ config, losses, gathered }, (_, rows) => rows.image),
    evaluate: validation && (() => validationRecall(model, validation)),
    dispose: () => source.dispose?.(),
  };
}

/** Of pictures in memory: features are computed once. */
async function cachedInputs(
  { data, tower }: Surroundings & { data: ImageTextDataset },
  model: Stage1Model,
  settings: Stage1Settings,
  context: PrepareContext,
): Promise<InputSource> {
  context.note(`Features of ${data.train.size} pictures (${data.name}, frozen vision tower)`);
  const { batchSize } = context.training;
  const inputs = await splitInputs(data.train, tower, model, settings, { ...context, batchSize });
  return { validation: data.validation, inputs };
}

/** Of a split in memory, by step; all rows of a batch unless a share is given. */
async function splitInputs(
  split: ImageTextSplit,
  tower: FrozenVisionTower,
  { tokenizer }: Stage1Model,
  { maxTextLength }: Stage1Settings,
  { batchSize, training: { seed }, share, runsDir }: PrepareContext & { batchSize: number },
): Promise<Task['inputs']> {
  const features = await splitFeatures(tower, split, join(runsDir, 'cache'));
  const captions = captionBatches(split, tokenizer, { maxTextLength, batchSize, seed, share });
  return (step) => {
    const { indices, text } = captions(step);
    const image = { shape: [indices.length, ...features.shape], data: features.gather(indices) };
    return { image, ...text };
  };
}

/** Of pictures on disk: features are those of the crops of the step. */
async function streamedInputs(
  { data, tower }: Surroundings & { data: StreamedDataset },
  { tokenizer }: Stage1Model,
  settings: Stage1Settings,
  context: PrepareContext,
): Promise<InputSource> {
  const stream = await openStream(data, tower, settings, context);
  return {
    validation: stream.validation,
    inputs: async (step) => {
      const { image, captions } = await stream.batch(step);
      const { ids, mask, shape } = tokenizer.encodeBatch(captions, { maxLength: settings.maxTextLength });
      return { image, textIds: { shape, data: ids }, textMask: { shape, data: mask } };
    },
    dispose: () => stream.dispose(),
  };
}
