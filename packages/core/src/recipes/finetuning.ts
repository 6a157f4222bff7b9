/**
 * Fine-tuning after stage 2 (BLIP-2 sections 4.2 and 4.3): Q-Former, projection and image encoder are trained, the
 * language model stays frozen. What captioning and VQA share.
 * B batch, S image side, P patches, W vision width.
 */
import { z } from 'zod';
import { Blip2Error, ParameterStore, tf } from '../runtime';
import { blip2, type Blip2, type Prompts, type QformerConfig } from '../models';
import { stage2Losses, type Stage2Batch } from '../losses';
import type { HostTensor, JsonObject } from '../checkpoints';
import type { FrozenLanguageModel, FrozenVisionTower, ImageTextSplit } from '../data';
import {
  trainingOf,
  trainingShape,
  type PrepareContext,
  type Recipe,
  type Share,
  type Task,
  type TrainingConfig,
} from '../train';
import { FinetunedModel } from './finetunedModel';
import { allWeights } from './generatingModel';
import { heldOutBatches } from './heldOut';
import { dataRecord, isStreamed, type InputSource, type TrainingData } from './places';
import { resizedTower } from './resizedTower';
import type { Stage2Model } from './stage2Model';
import type { Start, TextHalf } from './startParts';
import { openPictures, type StreamedRows } from './streamed';
import { picturesShape, type StreamedDataset } from './streamedOptions';
import { surroundingsRecord } from './surroundingsRecord';
import { layerDecaySchema, layerRates, pixelBatch, visionTensors } from './trainedVision';

/** Of both recipes' schemas. */
export const finetuningShape = {
  /** Longest prompt, and longest text that is written, in tokens. */
  maxTextLength: z.number().int().positive().default(32),
  /** Of the image encoder's learning rate from block to block; 1: none. */
  layerDecay: layerDecaySchema,
  ...picturesShape,
  ...trainingShape,
};
type FinetuningSettings = TrainingConfig & {
  maxTextLength: number;
  layerDecay: number;
  imageSize?: number;
  heldOut?: number;
};

export interface FinetuningParts {
  /** In memory, or read as it is needed. */
  data: TrainingData;
  /** The stage-2 run that is gone on with, or a model folder (`openStage2`), its tower and its language model. */
  from: Start<Stage2Model>;
}

/** Of one step: which pictures, and the texts of a stage-2 batch. */
export interface FinetuningBatch {
  indices: Int32Array;
  texts: Record<string, HostTensor>;
}

/** What sets one kind of fine-tuning apart. */
export interface FinetuningKind extends FinetuningParts {
  stage: 'caption' | 'vqa';
  prompts: Prompts;
  /** The stage 1 whose Q-Former's text half comes back, to read questions. */
  stage1?: Start<TextHalf>;
  settings: FinetuningSettings;
  /** How many pictures of a split there is something to be written about; all unless given. */
  usable?: (split: ImageTextSplit) => number;
  /** What is trained on of a split in memory, own rows of it, as a pure function of the step. */
  batches: (
    split: ImageTextSplit,
    model: FinetunedModel,
    training: TrainingConfig,
    share?: Share,
  ) => (step: number) => FinetuningBatch;
  /** The texts of rows of streamed data, always of the same shapes. */
  texts: (model: FinetunedModel) => (rows: StreamedRows) => FinetuningBatch['texts'];
  evaluate?: (model: FinetunedModel, split: ImageTextSplit) => Promise<Record<string, number>>;
}

/** Of the record: what a model is built of beside its towers, so that a folder can be opened without the runs before it. */
interface RecordedModel {
  qformer: QformerConfig;
  visionLayerNormEps: number;
  prompts: Prompts;
}

/** @throws Blip2Error if the stage-1 run has another Q-Former than the stage-2 run */
export function finetuning(kind: FinetuningKind): Recipe<FinetunedModel> {
  const { stage, data, from, stage1, settings, prompts } = kind;
  const { training, rest } = trainingOf(settings);
  const { tower, language, model } = from.model.parts;
  const recorded: RecordedModel = {
    qformer: stage1 ? withTexts(model.qformer, stage1) : model.qformer,
    visionLayerNormEps: model.visionLayerNormEps,
    prompts,
  };
  const config = {
    ...rest,
    stage,
    model: recorded,
    data: dataRecord(data),
    tower: tower.hash,
    language: language.hash,
    from: { ...from.recipe, step: from.step },
    ...(stage1 && { stage1: { ...stage1.recipe, step: stage1.step } }),
    ...surroundingsRecord({ data, tower, language, tokenizerDir: stage1?.model.tokenizerDir }),
  };
  return {
    name: `${stage}-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: false,
    prepare: (context) => prepare(kind, recorded, context),
  };
}

/** The Q-Former of stage 2 with its text half again: embeddings, and the feed-forward layers of text. */
function withTexts(own: QformerConfig, { dir, model }: Start<TextHalf>): QformerConfig {
  const { vocabSize, maxPositionEmbeddings, ...before } = model.config.qformer;
  const sizes = [
    'numQueryTokens',
    'hiddenSize',
    'numHiddenLayers',
    'numAttentionHeads',
    'intermediateSize',
    'encoderHiddenSize',
  ] as const;
  const other = sizes.find((size) => before[size] !== own[size]);
  if (other) {
    throw new Blip2Error(`${dir} has another Q-Former: ${other} is ${before[other]}, not ${own[other]}`, {
      hint: 'Give the stage-1 run that stage 2 went on with.',
      exitCode: 2,
    });
  }
  return { ...own, useQformerTextInput: true, vocabSize, maxPositionEmbeddings };
}

/** What a model is made of. */
interface Surroundings {
  /** For pictures of the size that it is trained on. */
  tower: FrozenVisionTower;
  language: FrozenLanguageModel;
  /** Side of the pictures that it is asked about. */
  imageSize: number;
  /** Folder of the tokenizer that questions are read by, if they are. */
  tokenizerDir: string;
}

function modelOf(recorded: RecordedModel, { tower, language }: Surroundings): Blip2 {
  return blip2({ vision: tower.model, language: language.tower, ...recorded });
}

function finetunedModel(
  model: Blip2,
  parameters: ParameterStore,
  { tower, language, imageSize, tokenizerDir }: Surroundings,
): FinetunedModel {
  const questionTokenizerDir = model.qformer.useQformerTextInput ? tokenizerDir : undefined;
  return new FinetunedModel({ model, parameters, language, tower, imageSize, questionTokenizerDir });
}

/** As it was made for a run of such a record; the parameters' values are to be loaded. */
export function reopenFinetunedModel(config: JsonObject, around: Surroundings): FinetunedModel {
  const model = modelOf(config.model as unknown as RecordedModel, around);
  const specs = { ...model.vision.parameters(), ...model.trainableParameters() };
  return finetunedModel(model, ParameterStore.create(specs, 0), around);
}

/** All that is trained: what stage 2 trained, the tower, and what stage 1 has of the rest; in memory of their own. */
function startingParameters(
  model: Blip2,
  tower: FrozenVisionTower,
  { from, stage1 }: FinetuningKind,
): ParameterStore {
  const { parameters: stage2 } = from.model;
  const ofText = Object.keys(model.trainableParameters()).filter((name) => !stage2.has(name));
  return tf.tidy(() => {
    const text = ofText.map((name) => [name, stage1!.model.parameters.read(name)] as const);
    const tensors = { ...visionTensors(tower), ...stage2.readAll(), ...Object.fromEntries(text) };
    return ParameterStore.from(tensors) as never;
  });
}

async function prepare(
  kind: FinetuningKind,
  recorded: RecordedModel,
  context: PrepareContext,
): Promise<Task<FinetunedModel>> {
  const { data, from, stage1, settings, evaluate } = kind;
  const { language } = from.model.parts;
  const tower = resizedTower(from.model.parts.tower, settings.imageSize);
  const imageSize = isStreamed(data) ? tower.imageSize : data.train.imageSize;
  const around = { tower, language, imageSize, tokenizerDir: stage1?.model.tokenizerDir ?? '' };
  const whole = modelOf(recorded, around);
  const parameters = startingParameters(whole, tower, kind);
  const model = finetunedModel(whole, parameters, around);
  if (tower !== from.model.parts.tower) model.owns(tower);
  const source: InputSource = isStreamed(data)
    ? await streamedInputs(data, kind, model, context)
    : { validation: data.validation, inputs: splitInputs(data.train, kind, model, context) };
  const { validation } = source;
  return {
    model,
    parameters,
    rateScale: layerRates(whole.vision, settings.layerDecay),
    inputs: (step) => source.inputs(step),
    loss: (w, { pixels, ...texts }, rng) => {
      const image = whole.vision.features(w, pixels); // [B, P, W]
      const inputs = { image, ...texts } as unknown as Stage2Batch;
      return { loss: stage2Losses(allWeights({ weights: w, language }), whole, inputs, { rng }).loss };
    },
    validation: heldOutBatches(
      validation,
      context.training.batchSize,
      async (split, batchSize) =>
        splitInputs(split, kind, model, {
          ...context,
          training: { ...context.training, batchSize },
          share: undefined,
        }),
      validation && kind.usable?.(validation),
    ),
    evaluate: evaluate && validation && (() => evaluate(model, validation)),
    dispose: () => source.dispose?.(),
  };
}

/** Of a split in memory, by step; all rows of a batch unless a share is given. */
function splitInputs(
  split: ImageTextSplit,
  { batches }: FinetuningKind,
  model: FinetunedModel,
  { training, share }: PrepareContext,
): Task['inputs'] {
  const batch = batches(split, model, training, share);
  return (step) => {
    const { indices, texts } = batch(step);
    return { pixels: pixelBatch(split, indices), ...texts };
  };
}

/** Crops of the step, and what is to be written about them. */
async function streamedInputs(
  data: StreamedDataset,
  { texts, settings: { heldOut } }: FinetuningKind,
  model: FinetunedModel,
  context: PrepareContext,
): Promise<InputSource> {
  const { imageSize } = model.parts.tower;
  const pictures = await openPictures(data, { imageSize, heldOut }, context);
  const encode = texts(model);
  return {
    validation: pictures.validation,
    inputs: async (step) => {
      const rows = await pictures.batch(step);
      return { pixels: rows.pixels, ...encode(rows) };
    },
    dispose: () => pictures.dispose(),
  };
}
