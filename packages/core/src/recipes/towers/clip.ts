/**
 * A small CLIP for data of one's own, trained on its pictures and captions alone: what stands in front of the Q-Former
 * where there is no pre-trained tower for such pictures.
 *
 * Beside the contrastive loss each picture says which words all of its captions have (Joulin et al., 2016): with a few
 * thousand pictures, contrast alone teaches a ViT little that holds of pictures it has not seen.
 *
 * B batch, S image side, T text tokens, P tokens of an image (class token first), W vision width, V vocabulary.
 */
import { l2Normalize, ParameterStore, tf, type Tensor } from '../../runtime';
import { defaultLinearSpecs, layerNorm, linear, type Weights } from '../../nn';
import { normalise } from '../../image';
import { cleanCaption, Tokenizer } from '../../text';
import { CLIP, clipContrastive, clipParameters, clipText, vit, type ClipConfig } from '../../models';
import { savePretrained, type HostTensor } from '../../checkpoints';
import { stackPixels, type ImageTextDataset, type ImageTextSplit } from '../../data';
import { train, type Recipe, type Run, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { captionBatches } from '../captions';
import { dataRecord } from '../places';
import { augment } from './augment';
import { spreadPositions } from './positions';
import { TOWER_TRAINING } from './training';

const TRAINING: TrainingConfig = { ...TOWER_TRAINING, steps: 1600, batchSize: 64, learningRate: 1.5e-3 };

/** Patches in a row. */
const GRID = 4;
const TEXT_LENGTH = 24;
const WORDS = 'words';

export interface TrainedClip {
  config: ClipConfig;
  parameters: ParameterStore;
}

/** The recipe; every hyper-parameter can be overridden when it is trained. */
export function clipTower(data: ImageTextDataset): Recipe<TrainedClip> {
  return {
    name: `clip-${data.name}`,
    config: { stage: 'clip', grid: GRID, data: dataRecord(data) },
    training: TRAINING,
    custom: false,
    prepare: ({ training }) => Promise.resolve(prepare(data, training)),
  };
}

/** Trains it and writes it as a Hugging Face CLIP folder. */
export async function makeClipTower(
  dir: string,
  data: ImageTextDataset,
  options: TrainOptions<TrainedClip> = {},
): Promise<Run<TrainedClip>> {
  const run = await train(clipTower(data), options);
  const { config, parameters } = run.model;
  const own = Object.entries(parameters.snapshot()).filter(([name]) => !name.startsWith(`${WORDS}.`));
  if (!run.interrupted) savePretrained(dir, CLIP, config, Object.fromEntries(own));
  return run;
}

function clipConfig({ imageSize }: ImageTextSplit, tokenizer: Tokenizer): ClipConfig {
  const block = {
    family: 'clip',
    hiddenAct: 'quick_gelu',
    layerNormEps: 1e-5,
    numAttentionHeads: 4,
    hiddenSize: 96,
    intermediateSize: 384,
  } as const;
  return {
    vision: { ...block, numHiddenLayers: 4, imageSize, patchSize: imageSize / GRID },
    text: {
      ...block,
      numHiddenLayers: 2,
      vocabSize: tokenizer.vocabularySize,
      maxPositionEmbeddings: TEXT_LENGTH,
      eosTokenId: tokenizer.id('[SEP]'),
    },
    projectionDim: 64,
    logitScaleInitValue: Math.log(1 / 0.07),
  };
}

function prepare(data: ImageTextDataset, { batchSize, seed }: TrainingConfig): Task<TrainedClip> {
  const { train: pictures } = data;
  const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
  const config = clipConfig(pictures, tokenizer);
  const head = defaultLinearSpecs(WORDS, config.vision.hiddenSize, tokenizer.vocabularySize);
  const parameters = ParameterStore.create({ ...clipParameters(config), ...head }, seed);
  spreadPositions(parameters, 'vision_model.embeddings.position_embedding.weight', GRID, seed);
  const captions = captionBatches(pictures, tokenizer, { maxTextLength: TEXT_LENGTH, batchSize, seed });
  const words = captionWords(pictures, tokenizer);
  const { imageSize: side } = pictures;
  return {
    parameters,
    model: { config, parameters },
    inputs: (step) => {
      const { indices, text } = captions(step);
      const pixels = normalise(augment(stackPixels(pictures, indices), side, { seed, step }));
      return {
        pixels: { shape: [batchSize, side, side, 3], data: pixels },
        ids: text.textIds,
        words: words(indices),
      };
    },
    loss: (w, { pixels, ids, words: said }) => {
      const pooled = pool(w, config, pixels);
      const images = l2Normalize(linear(w.scope('visual_projection'), pooled));
      const contrast = clipContrastive(images, clipText(w, config, ids), w.get('logit_scale'));
      const naming = crossEntropyOver(linear(w.scope(WORDS), pooled), said);
      return { loss: tf.add(contrast, naming), contrast, naming };
    },
  };
}

/** For each picture an even share for every word of its captions: float32 [B, V]. */
function captionWords(split: ImageTextSplit, tokenizer: Tokenizer): (indices: Int32Array) => HostTensor {
  const isWord = (id: number) => /^[a-z]{2,}$/.test(tokenizer.decode([id]));
  const known = Array.from({ length: tokenizer.vocabularySize }, (_, id) => isWord(id));
  const sets = Array.from({ length: split.size }, (_, i) => {
    const ids = split.captions(i).flatMap((text) => tokenizer.encode(cleanCaption(text)));
    return [...new Set(ids)].filter((id) => known[id]);
  });
  const size = tokenizer.vocabularySize;
  return (indices) => {
    const data = new Float32Array(indices.length * size);
    indices.forEach((index, row) => {
      for (const id of sets[index]) data[row * size + id] = 1 / sets[index].length;
    });
    return { shape: [indices.length, size], data };
  };
}

/** The class token after the last block, normalised: [B, S, S, 3] → [B, W]. */
function pool(w: Weights, { vision }: ClipConfig, pixels: Tensor): Tensor {
  const states = vit(w.scope('vision_model'), vision, pixels); // [B, P, W]
  const first = states.slice([0, 0, 0], [-1, 1, -1]).reshape([-1, vision.hiddenSize]);
  return layerNorm(w.scope('vision_model.post_layernorm'), first, vision.layerNormEps);
}

/** Cross-entropy with targets that are shares, mean over the rows: both [B, V]. */
const crossEntropyOver = (logits: Tensor, targets: Tensor): Tensor =>
  tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits as never), targets), 1)));
