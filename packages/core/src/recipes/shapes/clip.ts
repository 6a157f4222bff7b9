/**
 * The tower in front of Shapes: a tiny CLIP, trained on the world's own pictures, then frozen and shipped in
 * datasets/shapes/clip. Made by (about three minutes on two cores)
 *
 *   node -e "require('@blip2/core').makeShapesClip('datasets/shapes/clip')"
 *
 * Beside the contrastive loss, which has swapped captions as hard negatives, each patch learns to say what it shows and
 * where it is: a ViT this small would leave position out, and no Q-Former can read what is not there.
 *
 * B batch, K swapped captions of each picture, P patches (class token first), W vision width, E width of projections.
 */
import { COLORS, SHAPES, type Example, type SceneObject, type Size } from '@blip2/datasets';
import {
  l2Normalize,
  linear as multiply,
  ParameterStore,
  Rng,
  softmaxCrossEntropy,
  tf,
  type ParameterSpecs,
  type Tensor,
} from '../../runtime';
import { defaultLinearSpecs, encoderLayer, layerNorm, linear, type Weights } from '../../nn';
import { normalise } from '../../image';
import { Tokenizer } from '../../text';
import { CLIP, clipParameters, clipText, vit, type ClipConfig } from '../../models';
import { savePretrained, type HostTensor } from '../../checkpoints';
import { BatchSource, shapes, stackPixels, type ShapesDataset } from '../../data';
import { train, type Recipe, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { encodeTexts, selectRows } from '../captions';
import { TOWER_TRAINING } from './training';

const TRAINING: TrainingConfig = { ...TOWER_TRAINING, batchSize: 64, learningRate: 1e-3 };

const SWAPS = ['color', 'shape', 'size', 'order', 'axis'] as const;
const TEXT_LENGTH = 16;
/** Positions start as the sum of a row's and a column's vector, large enough not to drown in the pixels. */
const POSITION_STD = 0.6;
/** Heads of the losses on patches: not part of a CLIP, and not saved. */
const PATCH_HEADS = 'patch';

export interface ShapesClip {
  config: ClipConfig;
  parameters: ParameterStore;
}

/** The two sizes, named as the paper's ViT-L and ViT-g. */
export type ShapesClipSize = 'l' | 'g';
const SIZES: Record<ShapesClipSize, Pick<ClipConfig['vision'], 'hiddenSize' | 'numHiddenLayers'>> = {
  l: { hiddenSize: 96, numHiddenLayers: 4 },
  g: { hiddenSize: 128, numHiddenLayers: 5 },
};
/** Four patches to a cell of the grid: queries can tell the parts of an object. */
const PATCHES_PER_CELL = 2;

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
      patchSize: settings.cellPixels / PATCHES_PER_CELL,
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
    training: TRAINING,
    custom: false,
    prepare: ({ training }) => Promise.resolve(prepare(data, size, training)),
  };
}

/** Trains the tower (on the default world, unless given another) and writes it as a Hugging Face CLIP folder. */
export async function makeShapesClip(
  dir: string,
  { data = shapes(), size, ...options }: TrainOptions & { data?: ShapesDataset; size?: ShapesClipSize } = {},
): Promise<void> {
  const run = await train(shapesClip(data, size), options);
  if (run.interrupted) return;
  const { config, parameters } = run.model;
  const tensors = Object.entries(parameters.snapshot()).filter(
    ([name]) => !name.startsWith(`${PATCH_HEADS}.`),
  );
  savePretrained(dir, CLIP, config, Object.fromEntries(tensors));
}

function prepare(
  data: ShapesDataset,
  size: ShapesClipSize,
  { batchSize, seed }: TrainingConfig,
): Task<ShapesClip> {
  const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
  const config = clipConfig(data, tokenizer, size);
  const { cells, colors, shapes: kinds } = data.world.settings;
  const grid = cells * PATCHES_PER_CELL;
  const heads = {
    color: colors + 1,
    shape: kinds + 1,
    size: SIZE_LABELS.length + 1,
    row: grid,
    column: grid,
  };
  const parameters = ParameterStore.create({ ...clipParameters(config), ...headSpecs(heads, config) }, seed);
  spreadPositions(parameters, grid, seed);

  const examples = data.world.splits.train;
  const captions = captionTable(examples, tokenizer);
  const labels = examples.map((example) => patchLabels(example, grid));
  const source = new BatchSource({ size: examples.length, batchSize, seed });
  return {
    parameters,
    model: { config, parameters },
    inputs: (step) => {
      const { indices } = source.batch(step);
      const { imageSize } = data.train;
      const pixels = normalise(stackPixels(data.train, indices));
      const labelsOf = (name: keyof PatchLabels): HostTensor => {
        const values = [...indices].flatMap((i) => labels[i][name]);
        return { shape: [values.length], data: Int32Array.from(values) };
      };
      return {
        pixels: { shape: [batchSize, imageSize, imageSize, 3], data: pixels },
        ids: captions([...indices]),
        color: labelsOf('color'),
        shape: labelsOf('shape'),
        size: labelsOf('size'),
        row: labelsOf('row'),
        column: labelsOf('column'),
      };
    },
    loss: (w, inputs) => {
      const { features, images } = encode(w, config, inputs.pixels);
      const contrast = contrastWithSwaps(
        images,
        clipText(w, config, inputs.ids),
        tf.exp(w.get('logit_scale')),
      );
      const patches = features.slice([0, 1, 0], [-1, -1, -1]).reshape([-1, config.vision.hiddenSize]); // [B(P − 1), W]
      const say = (name: string) =>
        softmaxCrossEntropy(linear(w.scope(`${PATCH_HEADS}.${name}`), patches), inputs[name]);
      const content = tf.addN([say('color'), say('shape'), say('size')]);
      const position = tf.add(say('row'), say('column'));
      return { loss: tf.addN([contrast, content, position]), contrast, content, position };
    },
  };
}

function headSpecs(heads: Record<string, number>, { vision }: ClipConfig): ParameterSpecs {
  const specs = Object.entries(heads).map(([name, classes]) =>
    defaultLinearSpecs(`${PATCH_HEADS}.${name}`, vision.hiddenSize, classes),
  );
  return Object.assign({}, ...specs) as ParameterSpecs;
}

function spreadPositions(parameters: ParameterStore, grid: number, seed: number): void {
  const name = 'vision_model.embeddings.position_embedding.weight';
  const width = parameters.shape(name)[1];
  tf.tidy(() => {
    const rng = Rng.from(seed);
    const rows = rng.normal([grid, 1, width], POSITION_STD);
    const columns = rng.normal([1, grid, width], POSITION_STD);
    const patches = tf.add(rows, columns).reshape([grid * grid, width]);
    parameters.assign(name, tf.concat([rng.normal([1, width], POSITION_STD), patches], 0)); // [P, W]
  });
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

/** Of objects, as patches say them; 0 is for none. */
const SIZE_LABELS: readonly Size[] = ['small', 'medium', 'large'];

/** For each patch: color, shape and size of what its cell shows (0: nothing), row and column. */
type PatchLabels = Record<'color' | 'shape' | 'size' | 'row' | 'column', number[]>;

function patchLabels({ scene }: Example, grid: number): PatchLabels {
  const patches = Array.from({ length: grid * grid }, (_, patch) => patch);
  const row = patches.map((patch) => Math.floor(patch / grid));
  const column = patches.map((patch) => patch % grid);
  const cell = (place: number) => Math.floor(place / PATCHES_PER_CELL);
  const shown = patches.map((patch) =>
    scene.objects.find((object) => object.row === cell(row[patch]) && object.column === cell(column[patch])),
  );
  const labels = (label: (object: SceneObject) => number) =>
    shown.map((object) => (object ? 1 + label(object) : 0));
  return {
    color: labels(({ color }) => COLORS.indexOf(color)),
    shape: labels(({ shape }) => SHAPES.indexOf(shape)),
    size: labels(({ size }) => SIZE_LABELS.indexOf(size)),
    row,
    column,
  };
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
