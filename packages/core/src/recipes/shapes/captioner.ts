/**
 * The captioner of CapFilt on Shapes: a tiny BLIP, trained on clean captions of pictures of its own, five each, as the
 * paper's was on COCO. Shipped in datasets/shapes/captioner. Its ViT learns beside that to say what each patch shows:
 * captions alone would take many more pictures to teach it.
 *
 * B batch, T text tokens.
 */
import type { Example } from '@blip2/datasets';
import { ParameterStore, tf } from '../../runtime';
import { Tokenizer } from '../../text';
import { normalise } from '../../image';
import { BLIP, CAPTION_PROMPT, captionPromptIds, type BlipCaptioner, type BlipConfig } from '../../models';
import { captioning } from '../../losses';
import { savePretrained } from '../../checkpoints';
import { BatchSource, shapes, stackPixels, type ShapesDataset } from '../../data';
import { train, type Recipe, type Run, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { encodeTexts, selectRows } from '../captions';
import { patchHeads, patchLosses, patchTargets, withoutPatchHeads } from './patches';
import { copyTokenizer, spreadPositions, STORED, TOWER_TRAINING } from '../towers';

const TRAINING: TrainingConfig = { ...TOWER_TRAINING, steps: 2000, batchSize: 64, learningRate: 2e-3 };

const MAX_TEXT_LENGTH = 32;

export interface ShapesCaptioner {
  config: BlipConfig;
  model: BlipCaptioner;
  parameters: ParameterStore;
}

/** Pictures that no other training sees, and what five people say of each. */
const cleanPictures = (): ShapesDataset => shapes({ seed: 1, train: 3000, captions: { perScene: 5 } });

/** The recipe; every hyper-parameter can be overridden when it is trained. */
export function shapesCaptioner(data: ShapesDataset = cleanPictures()): Recipe<ShapesCaptioner> {
  return {
    name: 'captioner-shapes',
    config: { stage: 'captioner', data: { name: data.name, options: data.options } },
    training: TRAINING,
    custom: false,
    prepare: ({ training }) => Promise.resolve(prepare(data, training)),
  };
}

/** Trains it and writes it as a Hugging Face folder, tokenizer included. */
export async function makeShapesCaptioner(
  dir: string,
  { data = cleanPictures(), ...options }: TrainOptions<ShapesCaptioner> & { data?: ShapesDataset } = {},
): Promise<Run<ShapesCaptioner>> {
  const run = await train(shapesCaptioner(data), options);
  if (run.interrupted) return run;
  const { config, parameters } = run.model;
  savePretrained(dir, BLIP, config, withoutPatchHeads(parameters), STORED);
  copyTokenizer(data.tokenizerDir, dir);
  return run;
}

/** A patch is a cell of the grid. */
function blipConfig({ imageSize, settings }: ShapesDataset['world'], tokenizer: Tokenizer): BlipConfig {
  return BLIP.readConfig({
    visionConfig: {
      hiddenSize: 96,
      intermediateSize: 384,
      numHiddenLayers: 3,
      numAttentionHeads: 4,
      imageSize,
      patchSize: settings.cellPixels,
    },
    textConfig: {
      vocabSize: tokenizer.vocabularySize,
      hiddenSize: 64,
      intermediateSize: 256,
      numHiddenLayers: 3,
      numAttentionHeads: 4,
      maxPositionEmbeddings: MAX_TEXT_LENGTH,
      initializerRange: 0.1,
      bosTokenId: tokenizer.id('[DEC]'),
      sepTokenId: tokenizer.id('[SEP]'),
      padTokenId: tokenizer.id('[PAD]'),
    },
  });
}

function prepare(
  { world, train: pictures, tokenizerDir }: ShapesDataset,
  { batchSize, seed }: TrainingConfig,
): Task<ShapesCaptioner> {
  const { settings, splits } = world;
  const tokenizer = Tokenizer.fromFolder(tokenizerDir);
  const config = blipConfig(world, tokenizer);
  const model = BLIP.build(config);
  const heads = patchHeads(settings, settings.cells, config.vision.hiddenSize);
  const parameters = ParameterStore.create({ ...model.parameters(), ...heads }, seed);
  spreadPositions(parameters, 'vision_model.embeddings.position_embedding', settings.cells, seed);

  const { perScene } = settings.captions;
  const captions = captionTable(splits.train, config, tokenizer);
  const targets = patchTargets(splits.train, settings, settings.cells);
  const source = new BatchSource({ size: pictures.size, batchSize, seed, captions: () => perScene });
  const promptLength = captionPromptIds(config, tokenizer.encode(CAPTION_PROMPT)).length;
  return {
    parameters,
    model: { config, model, parameters },
    inputs: (step) => {
      const { indices, captions: chosen } = source.batch(step);
      const { imageSize } = pictures;
      const rows = indices.map((index, row) => index * perScene + chosen[row]);
      return {
        pixels: {
          shape: [batchSize, imageSize, imageSize, 3],
          data: normalise(stackPixels(pictures, indices)),
        },
        ids: selectRows(captions.ids, captions.shape[1], rows),
        mask: selectRows(captions.mask, captions.shape[1], rows),
        ...targets(indices),
      };
    },
    loss: (w, { pixels, ids, mask, ...inputs }) => {
      const features = model.features(w, pixels); // [B, P, W]
      const caption = captioning(model.logits(w, { features, ids, mask }), ids, mask, promptLength);
      const { content, position } = patchLosses(w, features, inputs);
      return { loss: tf.addN([caption, content, position]), caption, content, position };
    },
  };
}

/** Ids and mask [N, T] of all captions, behind the prompt. */
function captionTable(examples: readonly Example[], { text }: BlipConfig, tokenizer: Tokenizer) {
  const texts = examples.flatMap(({ captions }) => captions.map((caption) => `${CAPTION_PROMPT}${caption}`));
  const encoded = encodeTexts(texts, tokenizer, MAX_TEXT_LENGTH);
  const [count, length] = encoded.shape;
  for (let row = 0; row < count; row++) encoded.ids[row * length] = text.bosTokenId;
  return encoded;
}
