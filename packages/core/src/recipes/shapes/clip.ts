/**
 * The towers in front of Shapes: a tiny CLIP in two sizes, trained on the world's own pictures, then frozen and shipped:
 * in datasets/shapes/clip-l whole, for CapFilt ranks with it; in clip-g, in 16 bit, what reads pictures alone.
 *
 * Beside the contrastive loss, which has swapped captions as hard negatives, each patch learns to say what it shows and
 * where it is: a ViT this small would leave position out, and no Q-Former can read what is not there.
 *
 * B batch, K swapped captions of each picture, P patches (class token first), W vision width, E width of projections.
 */
import type { Example } from '@blip2/datasets';
import {
  l2Normalize,
  linear as multiply,
  ParameterStore,
  softmaxCrossEntropy,
  tf,
  type Tensor,
} from '../../runtime';
import { encoderLayer, layerNorm, linear, type Weights } from '../../nn';
import { normalise } from '../../image';
import { Tokenizer } from '../../text';
import {
  CLIP,
  CLIP_VISION,
  clipParameters,
  clipText,
  usualFeatureLayer,
  vit,
  type ClipConfig,
  type VitTowerConfig,
} from '../../models';
import { savePretrained, type HostTensor } from '../../checkpoints';
import { BatchSource, shapes, stackPixels, type ShapesDataset } from '../../data';
import { train, type Recipe, type Run, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { encodeTexts, selectRows } from '../captions';
import { patchHeads, patchLosses, patchTargets, withoutPatchHeads } from './patches';
import { spreadPositions, STORED, TOWER_TRAINING } from '../towers';

const TRAINING: Omit<TrainingConfig, 'steps'> = { ...TOWER_TRAINING, batchSize: 64, learningRate: 1e-3 };

const SWAPS = ['color', 'shape', 'size', 'order', 'axis'] as const;
const TEXT_LENGTH = 16;

export interface ShapesClip {
  config: ClipConfig;
  parameters: ParameterStore;
}

/** The two sizes, named as the paper's ViT-L and ViT-g. */
export type ShapesClipSize = 'l' | 'g';
const SIZES: Record<ShapesClipSize, Pick<ClipConfig['vision'], 'hiddenSize' | 'numHiddenLayers'>> = {
  l: { hiddenSize: 96, numHiddenLayers: 4 },
  g: { hiddenSize: 104, numHiddenLayers: 5 },
};
/** The larger one is trained for longer, too. */
const STEPS: Record<ShapesClipSize, number> = { l: 2000, g: 3000 };

function clipConfig({ world }: ShapesDataset, tokenizer: Tokenizer, size: ShapesClipSize): ClipConfig {
  const block = {
    family: 'clip',
    hiddenAct: 'quick_gelu',
    layerNormEps: 1e-5,
    numAttentionHeads: 4,
  } as const;
  const { hiddenSize, numHiddenLayers } = SIZES[size];
  const text = {
    vocabSize: tokenizer.vocabularySize,
    maxPositionEmbeddings: TEXT_LENGTH,
    eosTokenId: tokenizer.id('[SEP]'),
  };
  const { imageSize, settings } = world;
  return {
    vision: {
      ...block,
      hiddenSize,
      intermediateSize: 4 * hiddenSize,
      numHiddenLayers,
      imageSize,
      // A cell of the grid to a patch: of four, a tower this small mixes up the shapes.
      patchSize: settings.cellPixels,
    },
    text: { ...block, hiddenSize: 96, intermediateSize: 384, numHiddenLayers: 3, ...text },
    projectionDim: 64,
    logitScaleInitValue: Math.log(1 / 0.07),
  };
}

/** The recipe; every hyper-parameter can be overridden when it is trained. */
export function shapesClip(data: ShapesDataset, size: ShapesClipSize = 'l'): Recipe<ShapesClip> {
  return {
    name: `clip-${size}-shapes`,
    config: { stage: 'clip', size, data: { name: data.name, options: data.options } },
    training: { ...TRAINING, steps: STEPS[size] },
    custom: false,
    prepare: ({ training }) => Promise.resolve(prepare(data, size, training)),
  };
}

/**
 * Trains the tower (on the default world, unless given another) and writes it as a Hugging Face folder: of a CLIP, or
 * (`g`) of its vision model up to the block that BLIP-2 reads.
 */
export async function makeShapesClip(
  dir: string,
  { data = shapes(), size, ...options }: TrainOptions & { data?: ShapesDataset; size?: ShapesClipSize } = {},
): Promise<Run<ShapesClip>> {
  const run = await train(shapesClip(data, size), options);
  const { config, parameters } = run.model;
  if (run.interrupted) return run;
  const tensors = withoutPatchHeads(parameters);
  if (size === 'g') saveVision(dir, config, tensors);
  else savePretrained(dir, CLIP, config, tensors);
  return run;
}

function saveVision(dir: string, { vision }: ClipConfig, tensors: Record<string, HostTensor>): void {
  const config: VitTowerConfig = { ...vision, visionFeatureLayer: usualFeatureLayer(vision) };
  const needed = Object.keys(CLIP_VISION.build(config).parameters());
  savePretrained(
    dir,
    CLIP_VISION,
    config,
    Object.fromEntries(needed.map((name) => [name, tensors[name]])),
    STORED,
  );
}

function prepare(
  data: ShapesDataset,
  size: ShapesClipSize,
  { batchSize, seed }: TrainingConfig,
): Task<ShapesClip> {
  const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
  const config = clipConfig(data, tokenizer, size);
  const { settings, splits } = data.world;
  const grid = settings.cells;
  const heads = patchHeads(settings, grid, config.vision.hiddenSize);
  const parameters = ParameterStore.create({ ...clipParameters(config), ...heads }, seed);
  spreadPositions(parameters, 'vision_model.embeddings.position_embedding.weight', grid, seed);

  const captions = captionTable(splits.train, tokenizer);
  const targets = patchTargets(splits.train, settings, grid);
  const source = new BatchSource({ size: splits.train.length, batchSize, seed });
  return {
    parameters,
    model: { config, parameters },
    inputs: (step) => {
      const { indices } = source.batch(step);
      const { imageSize } = data.train;
      const pixels = normalise(stackPixels(data.train, indices));
      return {
        pixels: { shape: [batchSize, imageSize, imageSize, 3], data: pixels },
        ids: captions([...indices]),
        ...targets(indices),
      };
    },
    loss: (w, inputs) => {
      const { features, images } = encode(w, config, inputs.pixels);
      const contrast = contrastWithSwaps(
        images,
        clipText(w, config, inputs.ids),
        tf.exp(w.get('logit_scale')),
      );
      const { content, position } = patchLosses(w, features, inputs);
      return { loss: tf.addN([contrast, content, position]), contrast, content, position };
    },
  };
}

/** Ids [B(1 + K), T]: the pictures' captions, then for each kind of swap theirs with that swap. */
function captionTable(examples: readonly Example[], tokenizer: Tokenizer): (indices: number[]) => HostTensor {
  const group = 1 + SWAPS.length;
  const texts = examples.flatMap(({ captions, swaps }) => [
    captions[0],
    // Not every caption can be swapped in every way.
    ...SWAPS.map((swap) => swaps[0][swap] ?? Object.values(swaps[0])[0]),
  ]);
  const { ids, shape } = encodeTexts(texts, tokenizer, TEXT_LENGTH);
  const rows = (indices: number[], kind: number) => indices.map((index) => index * group + kind);
  return (indices) =>
    selectRows(ids, shape[1], Array.from({ length: group }, (_, kind) => rows(indices, kind)).flat());
}

/** Cross-entropy both ways; image→text has the swapped captions among its negatives. images [B, E], texts [B(1+K), E] */
function contrastWithSwaps(images: Tensor, texts: Tensor, scale: Tensor): Tensor {
  const batch = images.shape[0];
  const toText = tf.mul(multiply(images, texts), scale); // [B, B(1 + K)]
  const toImage = tf.transpose(toText.slice([0, 0], [-1, batch])); // [B, B]
  const own = tf.range(0, batch, 1, 'int32');
  return tf.mul(tf.add(softmaxCrossEntropy(toText, own), softmaxCrossEntropy(toImage, own)), 0.5);
}

/** Features of the second-to-last block [B, P, W], which stay when the tower is frozen, and unit vectors [B, E]. */
function encode(w: Weights, { vision }: ClipConfig, pixels: Tensor): { features: Tensor; images: Tensor } {
  const last = vision.numHiddenLayers - 1;
  const tower = w.scope('vision_model');
  const features = vit(tower, vision, pixels, { layers: last });
  const states = encoderLayer(tower.scope(`encoder.layers.${last}`), vision, features);
  const first = states.slice([0, 0, 0], [-1, 1, -1]).reshape([-1, vision.hiddenSize]); // [B, W]
  const pooled = layerNorm(tower.scope('post_layernorm'), first, vision.layerNormEps);
  return { features, images: l2Normalize(linear(w.scope('visual_projection'), pooled)) };
}
