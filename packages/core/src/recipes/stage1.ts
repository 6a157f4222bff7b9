/**
 * Stage 1 (BLIP-2 section 3.2): a Q-Former learns to read a frozen vision tower, by ITC, ITM and ITG.
 * B batch, P patches, T text tokens, W vision width.
 */
import { join } from 'node:path';
import { Blip2Error, ParameterStore, tf, type Rng, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { Tokenizer } from '../text';
import { blip2QformerParameters, type Blip2QformerConfig } from '../models';
import { stage1Losses, type Stage1Batch, type Stage1Weights } from '../losses';
import { sha256, type HostTensor, type JsonObject } from '../checkpoints';
import {
  BatchSource,
  loadVisionTower,
  splitFeatures,
  visionTowerHash,
  type FrozenVisionTower,
  type ImageTextDataset,
} from '../data';
import { trainingOf, type LossResult, type PrepareContext, type Recipe, type Task } from '../train';
import { evaluateRetrieval } from '../evaluate';
import { CaptionTable } from './captions';
import { qformerConfig } from './qformerOptions';
import {
  parseStage1,
  STAGE1_LOSSES,
  type CustomLoss,
  type Stage1Options,
  type Stage1Settings,
} from './stage1Options';
import { Stage1Model } from './stage1Model';

/** Candidates that evaluation during training re-ranks. */
const VALIDATION_CANDIDATES = 16;

/**
 * The recipe of a stage-1 run.
 * @throws Blip2Error naming an option that is unknown or out of range, or if there is no vision tower
 */
export function stage1({ data, tower, ...options }: Stage1Options): Recipe<Stage1Model> {
  const settings = parseStage1(options);
  const { training, rest } = trainingOf(settings);
  const custom = Object.entries(rest.losses).filter(([, loss]) => typeof loss === 'function');
  // A function's text stands for it: good enough to tell runs apart, not to take one for the other.
  const named = custom.map(([name, loss]) => [name, sha256(String(loss))] as const);
  const config = {
    ...rest,
    losses: { ...rest.losses, ...Object.fromEntries(named) },
    stage: 'stage1',
    data: { name: data.name, options: data.options },
    tower: tower?.hash ?? visionTowerHash(data.visionDir),
  };
  return {
    name: `stage1-${data.name}`,
    config: JSON.parse(JSON.stringify(config)) as JsonObject,
    training,
    custom: custom.length > 0,
    prepare: (context) => prepare(data, tower ?? loadVisionTower(data.visionDir), settings, context),
  };
}

/** The model of given settings, its parameters freshly drawn from the seed. */
export function createStage1Model(
  data: ImageTextDataset,
  tower: FrozenVisionTower,
  settings: Stage1Settings,
  { seed, runsDir }: { seed: number; runsDir: string },
): { model: Stage1Model; tokenizer: Tokenizer; config: Blip2QformerConfig } {
  const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
  const config = modelConfig(settings, tower, tokenizer);
  const parameters = ParameterStore.create(blip2QformerParameters(config), seed);
  const { maxTextLength } = settings;
  const cacheDir = join(runsDir, 'cache');
  const model = new Stage1Model({ config, parameters, tokenizer, tower, maxTextLength, cacheDir });
  return { model, tokenizer, config };
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
  const { model, tokenizer, config } = createStage1Model(data, tower, settings, {
    seed: training.seed,
    runsDir,
  });
  note(`Features of ${data.train.size} pictures (${data.name}, frozen vision tower)`);
  const features = await splitFeatures(tower, data.train, join(runsDir, 'cache'));
  const captions = new CaptionTable(data.train, tokenizer, settings.maxTextLength);
  const source = new BatchSource({
    size: data.train.size,
    batchSize: training.batchSize,
    seed: training.seed,
    captions: (example) => captions.count(example),
  });
  const weights = lossWeights(settings);
  return {
    model,
    parameters: model.parameters,
    inputs: (step) => {
      const batch = source.batch(step);
      const { ids, mask } = captions.batch(batch.indices, batch.captions);
      const image = { shape: [training.batchSize, ...features.shape], data: features.gather(batch.indices) };
      return { image, textIds: ids, textMask: mask, ...weights };
    },
    loss: (w, inputs, rng) => loss(w, config, settings, inputs, rng),
    evaluate: async () => {
      const { rows } = await evaluateRetrieval(model, data.validation, { k: VALIDATION_CANDIDATES });
      return Object.fromEntries(rows.map(({ scores, direction, r1 }) => [`${scores} ${direction} R@1`, r1]));
    },
  };
}

const weightName = (name: string) => `weight.${name}`;

/** Weights are inputs of the compiled step, not constants in it. What weighs nothing is not computed. */
function lossWeights({ losses }: Stage1Settings): Record<string, HostTensor> {
  const used = STAGE1_LOSSES.filter((name) => typeof losses[name] === 'number' && losses[name] > 0);
  return Object.fromEntries(
    used.map((name) => [weightName(name), { shape: [], data: Float32Array.of(losses[name] as number) }]),
  );
}

function loss(
  w: Weights,
  config: Blip2QformerConfig,
  { losses }: Stage1Settings,
  inputs: Record<string, Tensor>,
  rng: Rng,
): LossResult {
  const batch: Stage1Batch = { image: inputs.image, textIds: inputs.textIds, textMask: inputs.textMask };
  const used = STAGE1_LOSSES.filter((name) => weightName(name) in inputs);
  const weights: Stage1Weights = Object.fromEntries(used.map((name) => [name, inputs[weightName(name)]]));
  const { outputs, loss: total, ...terms } = stage1Losses(w, config, batch, { rng, weights });
  const own = Object.entries(losses).filter(
    (entry): entry is [string, CustomLoss] => typeof entry[1] === 'function',
  );
  const extra = Object.fromEntries(
    own.map(([name, custom]) => [name, scalar(name, custom(outputs, batch))] as const),
  );
  return { loss: tf.addN([total, ...Object.values(extra)]), ...terms, ...extra };
}

/** What a loss of one's own returned, if it is what a loss should be. */
function scalar(name: string, value: unknown): Tensor {
  const tensor = value instanceof tf.Tensor ? (value as Tensor) : undefined;
  if (tensor?.rank === 0) return tensor;
  const got = tensor ? `a tensor of shape [${tensor.shape.join(', ')}]` : typeof value;
  throw new Blip2Error(`losses.${name} should return a scalar tensor, not ${got}`, {
    hint: 'Reduce what was computed to one number, e.g. tf.mean(…).',
  });
}
