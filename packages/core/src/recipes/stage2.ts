/**
 * Stage 2 (BLIP-2 section 3.3): what the queries have learned to read becomes soft prompts of a frozen language model,
 * by language modeling (OPT) or prefix language modeling (FlanT5).
 * B batch, P patches, W vision width.
 */
import { join } from 'node:path';
import { Blip2Error, ParameterStore } from '../runtime';
import { blip2 } from '../models';
import { stage2Losses, type Stage2Batch } from '../losses';
import { type JsonObject } from '../checkpoints';
import {
  BatchSource,
  splitFeatures,
  type FrozenLanguageModel,
  type FrozenVisionTower,
  type ImageTextDataset,
  type ImageTextSplit,
} from '../data';
import { ownRows, trainingOf, type PrepareContext, type Recipe, type Run, type Task } from '../train';
import { allWeights } from './generatingModel';
import { heldOutBatches } from './heldOut';
import {
  checkCaptions,
  dataPlaces,
  dataRecord,
  isStreamed,
  languageOf,
  placesRecord,
  visionOf,
  type InputSource,
  type TrainingData,
} from './places';
import { qformerConfig, qformerSettings } from './qformerOptions';
import type { Stage1Model } from './stage1Model';
import { Stage2Model } from './stage2Model';
import { parseStage2, type Stage2Options, type Stage2Settings } from './stage2Options';
import { stage2Texts, streamedTexts } from './stage2Texts';
import { openStream } from './streamed';
import type { StreamedDataset } from './streamedOptions';
import { validationVqa } from './validation';

/** What the towers are, and where the Q-Former comes from. */
interface Surroundings {
  data: TrainingData;
  tower: FrozenVisionTower;
  language: FrozenLanguageModel;
  from?: Run<Stage1Model>;
}

/**
 * The recipe of a stage-2 run.
 * @throws Blip2Error naming an option that is unknown or out of range, or if there is no vision tower
 */
export function stage2({ data, tower, language, from, ...options }: Stage2Options): Recipe<Stage2Model> {
  // A Q-Former that comes from stage 1 has its own sizes, whatever else is said.
  const sizes = from && qformerSettings(from.model.config.qformer);
  const settings = parseStage2({ ...options, ...sizes });
  const { training, rest } = trainingOf(settings);
  checkCaptions('stage2', data, settings.imageSize);
  const vision = visionOf(
    data,
    tower ?? (isStreamed(data) ? from?.model.tower : undefined),
    settings.towerType,
  );
  const writer = languageOf(language, settings.languageType);
  const config = {
    ...rest,
    stage: 'stage2',
    data: dataRecord(data),
    tower: vision.hash,
    language: writer.hash,
    from: from ? { ...from.recipe, step: from.step } : null,
    ...placesRecord({
      ...dataPlaces(data),
      tower: tower ?? (isStreamed(data) ? from?.model.tower.dir : undefined),
      language,
    }),
  };
  return {
    name: `stage2-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: false,
    prepare: (context) =>
      prepare({ data, tower: vision.load(), language: writer.load(), from }, settings, context),
  };
}

/** The model of given settings, its parameters freshly drawn from the seed. */
export function createStage2Model(
  { tower, language }: Pick<Surroundings, 'tower' | 'language'>,
  settings: Stage2Settings,
  { seed, runsDir }: { seed: number; runsDir: string },
): Stage2Model {
  const model = blip2({
    vision: tower.model,
    language: language.tower,
    // What reads text stays behind in stage 1.
    qformer: qformerConfig(settings, {
      encoderHiddenSize: tower.hiddenSize,
      useQformerTextInput: false,
      vocabSize: 1,
      maxPositionEmbeddings: 1,
    }),
    visionLayerNormEps: 1e-5,
  });
  const parameters = ParameterStore.create(model.trainableParameters(), seed);
  return new Stage2Model({ model, parameters, language, tower, cacheDir: join(runsDir, 'cache') });
}

/** Queries, Q-Former and norm of stage 1; the projection is new. */
function takeOver(parameters: ParameterStore, stage1: ParameterStore): void {
  for (const name of parameters.names().filter((own) => stage1.has(own))) {
    const value = stage1.read(name);
    parameters.assign(name, value);
    value.dispose();
  }
}

async function prepare(
  around: Surroundings,
  settings: Stage2Settings,
  context: PrepareContext,
): Promise<Task<Stage2Model>> {
  const { data, tower, language, from } = around;
  if (from && from.model.config.qformer.encoderHiddenSize !== tower.hiddenSize) {
    throw new Blip2Error(`${from.dir} read another vision tower than this one`, {
      hint: 'Give the tower that stage 1 was trained in front of.',
    });
  }
  const { seed } = context.training;
  const model = createStage2Model(around, settings, { seed, runsDir: context.runsDir });
  if (from) takeOver(model.parameters, from.model.parameters);
  const source = isStreamed(data)
    ? await streamedInputs({ ...around, data }, settings, context)
    : await cachedInputs({ ...around, data }, settings, context);
  const { validation } = source;
  return {
    model,
    parameters: model.parameters,
    inputs: (step) => source.inputs(step),
    validation: heldOutBatches(validation, context.training.batchSize, (split, batchSize) =>
      splitInputs(split, around, settings, { ...context, batchSize, share: undefined }),
    ),
    dispose: () => source.dispose?.(),
    loss: (w, inputs, rng) => {
      const whole = allWeights({ weights: w, language });
      return { loss: stage2Losses(whole, model.parts.model, inputs as Stage2Batch, { rng }).loss };
    },
    evaluate: validation?.questions && (() => validationVqa(model, validation)),
  };
}

/** Of pictures in memory: features are computed once. */
async function cachedInputs(
  around: Surroundings & { data: ImageTextDataset },
  settings: Stage2Settings,
  context: PrepareContext,
): Promise<InputSource> {
  const { data } = around;
  context.note(`Features of ${data.train.size} pictures (${data.name}, frozen vision tower)`);
  const { batchSize } = context.training;
  const inputs = await splitInputs(data.train, around, settings, { ...context, batchSize });
  return { validation: data.validation, inputs };
}

/** Of a split in memory, by step; all rows of a batch unless a share is given. */
async function splitInputs(
  split: ImageTextSplit,
  { tower, language }: Pick<Surroundings, 'tower' | 'language'>,
  { maxTextLength }: Stage2Settings,
  { batchSize, training: { seed }, share, runsDir }: PrepareContext & { batchSize: number },
): Promise<Task['inputs']> {
  const features = await splitFeatures(tower, split, join(runsDir, 'cache'));
  const texts = stage2Texts(split, language, { maxLength: maxTextLength, seed });
  const source = new BatchSource({
    size: split.size,
    batchSize,
    seed,
    captions: (example) => split.captions(example).length,
  });
  return (step) => {
    const { indices, captions, first } = ownRows(source.batch(step), share);
    const image = { shape: [indices.length, ...features.shape], data: features.gather(indices) };
    return { image, ...texts.batch(indices, captions, step, first) };
  };
}

/** Of pictures on disk: features are those of the crops of the step. */
async function streamedInputs(
  { data, tower, language }: Surroundings & { data: StreamedDataset },
  settings: Stage2Settings,
  context: PrepareContext,
): Promise<InputSource> {
  const { seed } = context.training;
  const stream = await openStream(data, tower, settings, context);
  const texts = streamedTexts(language, { maxLength: settings.maxTextLength, seed });
  const { index = 0 } = context.share ?? {};
  return {
    validation: stream.validation,
    inputs: async (step) => {
      const { image, captions } = await stream.batch(step);
      return { image, ...texts(captions, step, index * captions.length) };
    },
    dispose: () => stream.dispose(),
  };
}
