/**
 * Fine-tuning for retrieval (BLIP-2 section 4.4): the Q-Former of stage 1 goes on with ITC, ITM and ITG, and the image
 * encoder in front of it is trained too.
 * B batch, P patches, W vision width.
 */
import { ParameterStore, tf } from '../runtime';
import { blip2QformerParameters, type Blip2QformerConfig } from '../models';
import type { JsonObject } from '../checkpoints';
import type { ImageTextSplit } from '../data';
import { trainingOf, type PrepareContext, type Recipe, type Task } from '../train';
import { captionBatches } from './captions';
import { chunkedObjective } from './chunkedObjective';
import { heldOutBatches } from './heldOut';
import { lossWeights, objective } from './objective';
import { customLosses, lossRecord } from './objectiveOptions';
import { checkCaptions, dataRecord, isStreamed, type InputSource, type TrainingData } from './places';
import type { VisionShape } from './plan';
import { qformerTokenizer } from './qformerTokenizer';
import { resizedTower } from './resizedTower';
import { RetrievalTunedModel } from './retrievalModel';
import {
  parseRetrieval,
  type RetrievalTuningOptions,
  type RetrievalTuningSettings,
} from './retrievalOptions';
import type { Stage1Model } from './stage1Model';
import { openPictures } from './streamed';
import type { StreamedDataset } from './streamedOptions';
import { surroundingsRecord } from './surroundingsRecord';
import { layerRates, pixelBatch, visionTensors } from './trainedVision';
import { validationRecall } from './validation';

/** Of the record. It follows from the run that is gone on with: said again, so that a folder can be opened without it. */
interface RecordedModel {
  model: Blip2QformerConfig;
  maxTextLength: number;
}

/**
 * The recipe of fine-tuning a stage-1 run for retrieval.
 * @throws Blip2Error naming an option that is unknown or out of range, or if the data are questions
 */
export function retrieval({ data, from, ...options }: RetrievalTuningOptions): Recipe<RetrievalTunedModel> {
  const settings = parseRetrieval(options);
  const { training, rest } = trainingOf(settings);
  const { config: model, maxTextLength, tower, tokenizerDir } = from.model;
  checkCaptions('retrieval', data, settings.imageSize);
  const recorded: RecordedModel = { model, maxTextLength };
  const config = {
    ...recorded,
    losses: lossRecord(rest.losses),
    // Runs from before there was a decay keep their names.
    ...(rest.layerDecay !== 1 && { layerDecay: rest.layerDecay }),
    imageSize: rest.imageSize,
    heldOut: rest.heldOut,
    stage: 'retrieval',
    data: dataRecord(data),
    tower: tower.hash,
    from: { ...from.recipe, step: from.step },
    ...surroundingsRecord({ data, tower, tokenizerDir }),
  };
  return {
    name: `retrieval-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: customLosses(rest.losses).length > 0,
    prepare: (context) => prepare(data, from.model, settings, context),
  };
}

/** A model whose parameters are those of stage 1 and the tower's, in memory of their own. */
export function createRetrievalModel(stage1: Stage1Model, imageSize?: number): RetrievalTunedModel {
  const { config, tokenizer, tokenizerDir, maxTextLength } = stage1;
  const tower = resizedTower(stage1.tower, imageSize);
  const parameters = tf.tidy(
    () => ParameterStore.from({ ...visionTensors(tower), ...stage1.parameters.readAll() }) as never,
  ) as ParameterStore;
  if (tower !== stage1.tower) tower.dispose(); // its positions are parameters now
  return new RetrievalTunedModel({
    ...{ config, parameters, tokenizer, tokenizerDir, maxTextLength },
    vision: tower.model,
  });
}

/** As `createRetrievalModel`, of the config that such a recipe recorded; the parameters' values are to be loaded. */
export function reopenRetrievalModel(
  config: JsonObject,
  tokenizerDir: string,
  { model: vision }: Pick<VisionShape, 'model'>,
): RetrievalTunedModel {
  const { model, maxTextLength } = config as unknown as RecordedModel;
  const specs = { ...vision.parameters(), ...blip2QformerParameters(model) };
  return new RetrievalTunedModel({
    config: model,
    parameters: ParameterStore.create(specs, 0),
    tokenizer: qformerTokenizer(tokenizerDir),
    tokenizerDir,
    maxTextLength,
    vision,
  });
}

async function prepare(
  data: TrainingData,
  stage1: Stage1Model,
  settings: RetrievalTuningSettings,
  context: PrepareContext,
): Promise<Task<RetrievalTunedModel>> {
  const { losses, layerDecay, imageSize } = settings;
  const model = createRetrievalModel(stage1, imageSize);
  const { config, vision, parameters } = model;
  const source = isStreamed(data)
    ? await streamedInputs(data, model, settings, context)
    : { validation: data.validation, inputs: splitInputs(data.train, model, context) };
  const weights = lossWeights(losses);
  const { validation } = source;
  return {
    model,
    parameters,
    rateScale: layerRates(vision, layerDecay),
    inputs: async (step) => ({ ...(await source.inputs(step)), ...weights }),
    loss: (w, inputs, rng) => {
      const image = vision.features(w, inputs.pixels); // [B, P, W]
      return objective(w, { config, losses }, image, inputs, rng);
    },
    chunked: chunkedObjective({ config, losses }, (w, rows) => vision.features(w, rows.pixels)),
    validation: heldOutBatches(validation, context.training.batchSize, async (split, batchSize) => {
      const training = { ...context.training, batchSize };
      const inputs = splitInputs(split, model, { ...context, training, share: undefined });
      return async (batch) => ({ ...(await inputs(batch)), ...weights });
    }),
    evaluate: validation && (() => validationRecall(model, validation)),
    dispose: () => source.dispose?.(),
  };
}

/** Of a split in memory, by step; all rows of a batch unless a share is given. */
function splitInputs(
  split: ImageTextSplit,
  { tokenizer, maxTextLength }: RetrievalTunedModel,
  { training: { batchSize, seed }, share }: PrepareContext,
): Task['inputs'] {
  const captions = captionBatches(split, tokenizer, { maxTextLength, batchSize, seed, share });
  return (step) => {
    const { indices, text } = captions(step);
    return { pixels: pixelBatch(split, indices), ...text };
  };
}

/** Crops of the step; by its number a picture is known that comes twice in a batch, where one epoch ends and the next begins. */
async function streamedInputs(
  data: StreamedDataset,
  { tokenizer, maxTextLength, vision: { imageSize } }: RetrievalTunedModel,
  { heldOut }: RetrievalTuningSettings,
  context: PrepareContext,
): Promise<InputSource> {
  const pictures = await openPictures(data, { imageSize, heldOut }, context);
  return {
    validation: pictures.validation,
    inputs: async (step) => {
      const { pixels, captions, indices } = await pictures.batch(step);
      const { ids, mask, shape } = tokenizer.encodeBatch(captions, { maxLength: maxTextLength });
      const imageIds = { shape: [indices.length], data: indices };
      return { pixels, textIds: { shape, data: ids }, textMask: { shape, data: mask }, imageIds };
    },
    dispose: () => pictures.dispose(),
  };
}
