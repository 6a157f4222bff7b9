/**
 * Fine-tuning for retrieval (BLIP-2 section 4.4): the Q-Former of stage 1 goes on with ITC, ITM and ITG, and the image
 * encoder in front of it is trained too.
 * B batch, P patches, W vision width.
 */
import { ParameterStore, tf } from '../runtime';
import { Tokenizer } from '../text';
import { blip2QformerParameters, type Blip2QformerConfig } from '../models';
import type { JsonObject } from '../checkpoints';
import type { FrozenVisionTower, ImageTextDataset } from '../data';
import { trainingOf, type PrepareContext, type Recipe, type Task } from '../train';
import { captionBatches } from './captions';
import { chunkedObjective } from './chunkedObjective';
import { lossWeights, objective } from './objective';
import { customLosses, lossRecord } from './objectiveOptions';
import { RetrievalTunedModel } from './retrievalModel';
import {
  parseRetrieval,
  type RetrievalTuningOptions,
  type RetrievalTuningSettings,
} from './retrievalOptions';
import type { Stage1Model } from './stage1Model';
import { layerRates, pixelBatch, visionTensors } from './trainedVision';
import { validationRecall } from './validation';

/** Of the record. It follows from the run that is gone on with: said again, so that a folder can be opened without it. */
interface RecordedModel {
  model: Blip2QformerConfig;
  maxTextLength: number;
}

/**
 * The recipe of fine-tuning a stage-1 run for retrieval.
 * @throws Blip2Error naming an option that is unknown or out of range
 */
export function retrieval({ data, from, ...options }: RetrievalTuningOptions): Recipe<RetrievalTunedModel> {
  const settings = parseRetrieval(options);
  const { training, rest } = trainingOf(settings);
  const { config: model, maxTextLength, tower } = from.model;
  const recorded: RecordedModel = { model, maxTextLength };
  const config = {
    ...recorded,
    losses: lossRecord(rest.losses),
    // Runs from before there was a decay keep their names.
    ...(rest.layerDecay !== 1 && { layerDecay: rest.layerDecay }),
    stage: 'retrieval',
    data: { name: data.name, options: data.options },
    tower: tower.hash,
    from: { ...from.recipe, step: from.step },
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
export function createRetrievalModel(stage1: Stage1Model): RetrievalTunedModel {
  const { config, tokenizer, maxTextLength, tower } = stage1;
  const parameters = tf.tidy(
    () => ParameterStore.from({ ...visionTensors(tower), ...stage1.parameters.readAll() }) as never,
  ) as ParameterStore;
  return new RetrievalTunedModel({ config, parameters, tokenizer, maxTextLength, vision: tower.model });
}

/** As `createRetrievalModel`, of the config that such a recipe recorded; the parameters' values are to be loaded. */
export function reopenRetrievalModel(
  config: JsonObject,
  data: ImageTextDataset,
  { model: vision }: FrozenVisionTower,
): RetrievalTunedModel {
  const { model, maxTextLength } = config as unknown as RecordedModel;
  const specs = { ...vision.parameters(), ...blip2QformerParameters(model) };
  return new RetrievalTunedModel({
    config: model,
    parameters: ParameterStore.create(specs, 0),
    tokenizer: Tokenizer.fromFolder(data.tokenizerDir),
    maxTextLength,
    vision,
  });
}

function prepare(
  data: ImageTextDataset,
  stage1: Stage1Model,
  { losses, layerDecay }: RetrievalTuningSettings,
  { training, share }: PrepareContext,
): Promise<Task<RetrievalTunedModel>> {
  const { batchSize, seed } = training;
  const { train, validation } = data;
  const model = createRetrievalModel(stage1);
  const { config, vision, parameters, tokenizer, maxTextLength } = model;
  const captions = captionBatches(train, tokenizer, { maxTextLength, batchSize, seed, share });
  const weights = lossWeights(losses);
  return Promise.resolve({
    model,
    parameters,
    rateScale: layerRates(vision, layerDecay),
    inputs: (step) => {
      const { indices, text } = captions(step);
      return { pixels: pixelBatch(train, indices), ...text, ...weights };
    },
    loss: (w, inputs, rng) => {
      const image = vision.features(w, inputs.pixels); // [B, P, W]
      return objective(w, { config, losses }, image, inputs, rng);
    },
    chunked: chunkedObjective({ config, losses }, (w, rows) => vision.features(w, rows.pixels)),
    evaluate: () => validationRecall(model, validation),
  });
}
