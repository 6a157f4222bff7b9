/**
 * The config.json of a checkpoint that has none: sizes from the tensors' shapes, the rest as LAVIS sets it. What shapes do
 * not tell (heads) is what the published models have; another is for the caller to give.
 */
import { Blip2Error } from '../runtime';
import {
  BLIP2,
  BLIP2_RETRIEVAL,
  CLIP,
  CLIP_VISION,
  EVA_VISION,
  EVA_VIT_G,
  FLAN_T5_XL,
  FLAN_T5_XXL,
  OPT_125M,
  OPT_1_3B,
  OPT_2_7B,
  OPT_6_7B,
  type Family,
} from '../models';
import type { ParameterSpecs } from '../runtime';
import { blockCount, imageWidth, type LavisKind, type Recognised } from './lavisLayout';
import type { StoredTensors } from './lavisTensors';

type Fields = Record<string, unknown>;
type AnyFamily = Family<unknown, { parameters(): ParameterSpecs }>;

/** What each kind is in Hugging Face's layout. */
export const FAMILIES = {
  generation: BLIP2,
  retrieval: BLIP2_RETRIEVAL,
  eva: EVA_VISION,
  'clip-vision': CLIP_VISION,
  clip: CLIP,
} as unknown as Record<LavisKind, AnyFamily>;

/** The width of a head in BERT, CLIP and OPT; EVA's have 88. */
const HEAD = 64;
/** OPT's token for a new line, where its captions end in LAVIS. */
const NEW_LINE = 50_118;

function heads(what: string, width: number, size = HEAD): number {
  if (width % size === 0) return width / size;
  throw new Blip2Error(
    `How many heads share the width of ${width} of ${what} cannot be seen in its tensors`,
    {
      hint: 'Give a config.json that says so (--config).',
      exitCode: 2,
    },
  );
}

const sideOf = (tokens: number): number => Math.sqrt(tokens - 1);

/** @param text the language model's config.json, where it is known. Keys in camelCase. */
export function lavisConfig({ kind, tensors }: Recognised, blocks: number, text?: Fields): Fields {
  if (kind === 'clip') return clipConfig(tensors);
  const vision = visionConfig(tensors, blocks);
  if (kind === 'eva') return vision;
  // BLIP-2 reads the second-to-last block of the whole tower.
  if (kind === 'clip-vision') return { ...vision, visionFeatureLayer: -2 };
  return {
    modelType: 'blip-2',
    visionConfig: vision,
    qformerConfig: qformerConfig(tensors),
    numQueryTokens: tensors.get('query_tokens')!.shape[1],
    visionLayerNormEps: 1e-5,
    ...(kind === 'generation'
      ? { textConfig: textConfig(tensors, text) }
      : { imageTextHiddenSize: tensors.get('vision_proj.weight')?.shape[0] ?? 256 }),
  };
}

function visionConfig(tensors: StoredTensors, blocks: number): Fields {
  const shape = (name: string) => tensors.get(`visual_encoder.${name}`)?.shape;
  const numHiddenLayers = blocks;
  const eva = shape('patch_embed.proj.weight');
  if (eva) {
    const [hiddenSize, , , patchSize] = eva;
    const own = {
      hiddenSize,
      patchSize,
      numHiddenLayers,
      intermediateSize: shape('blocks.0.mlp.fc1.weight')![0],
    };
    const imageSize = sideOf(shape('pos_embed')![1]) * patchSize;
    const numAttentionHeads = hiddenSize % 88 === 0 ? hiddenSize / 88 : heads('EVA', hiddenSize);
    return { modelType: EVA_VISION.modelType, ...own, imageSize, numAttentionHeads };
  }
  const clip = shape('conv1.weight');
  if (clip) {
    const [hiddenSize, , , patchSize] = clip;
    const intermediateSize = shape('transformer.resblocks.0.mlp.c_fc.weight')![0];
    const imageSize = sideOf(shape('positional_embedding')![0]) * patchSize;
    const own = { hiddenSize, patchSize, numHiddenLayers, intermediateSize, imageSize };
    return {
      modelType: CLIP_VISION.modelType,
      ...own,
      numAttentionHeads: heads('CLIP', hiddenSize),
      visionFeatureLayer: -1,
    };
  }
  return towerBefore(imageWidth(tensors));
}

/** The tower that a checkpoint was trained behind, by its width. */
function towerBefore(width?: number): Fields {
  if (width === EVA_VIT_G.hiddenSize) return { modelType: EVA_VISION.modelType };
  if (width === 1024) {
    const sizes = {
      hiddenSize: 1024,
      intermediateSize: 4096,
      numHiddenLayers: 23,
      numAttentionHeads: 16,
      patchSize: 14,
    };
    return { modelType: CLIP_VISION.modelType, ...sizes, visionFeatureLayer: -1 };
  }
  throw new Blip2Error(`The checkpoint holds no vision tower, and reads one of the width ${width}`, {
    hint: 'Give the tower (--vision), or a config.json that describes it (--config).',
    exitCode: 2,
  });
}

function qformerConfig(tensors: StoredTensors): Fields {
  const at = 'Qformer.bert.encoder.layer.';
  const shape = (name: string) => tensors.get(`Qformer.bert.${name}`)?.shape;
  const hiddenSize = tensors.get('query_tokens')!.shape[2];
  const numHiddenLayers = blockCount(tensors, at);
  const reading = Array.from({ length: numHiddenLayers }, (_, i) => i).filter((i) =>
    tensors.has(`${at}${i}.crossattention.self.key.weight`),
  );
  const words = shape('embeddings.word_embeddings.weight');
  return {
    hiddenSize,
    numHiddenLayers,
    numAttentionHeads: heads('the Q-Former', hiddenSize),
    intermediateSize: shape('encoder.layer.0.intermediate_query.dense.weight')?.[0],
    crossAttentionFrequency: reading[1] ?? numHiddenLayers,
    useQformerTextInput: words !== undefined,
    ...(words && { vocabSize: words[0] }),
    maxPositionEmbeddings: shape('embeddings.position_embeddings.weight')?.[0] ?? 512,
  };
}

/** LAVIS ends OPT's texts at a new line, and runs FlanT5 with the exact GELU. */
function textConfig(tensors: StoredTensors, given?: Fields): Fields {
  const t5 = tensors.get('t5_proj.weight')?.shape[0];
  if (t5 !== undefined) {
    const known = given ?? [FLAN_T5_XL, FLAN_T5_XXL].find(({ dModel }) => dModel === t5);
    const config = { ...(known ?? unknownLanguage(t5)), modelType: 't5', denseActFn: 'gelu' };
    return { ...config, feedForwardProj: 'gated-gelu' };
  }
  const width = tensors.get('opt_proj.weight')!.shape[0];
  const all = [OPT_125M, OPT_1_3B, OPT_2_7B, OPT_6_7B];
  const known: Fields = given ?? all.find(({ hiddenSize }) => hiddenSize === width) ?? unknownLanguage(width);
  const words = tensors.get('opt_model.model.decoder.embed_tokens.weight')?.shape[0];
  const vocabSize = words ?? (known.vocabSize as number | undefined) ?? OPT_2_7B.vocabSize;
  return { ...known, modelType: 'opt', vocabSize, ...(vocabSize > NEW_LINE && { eosTokenId: NEW_LINE }) };
}

function unknownLanguage(width: number): never {
  throw new Blip2Error(
    `Which language model of the width ${width} the checkpoint was trained for is not known`,
    {
      hint: 'Give its folder (--language), or a config.json that describes it (--config).',
      exitCode: 2,
    },
  );
}

function clipConfig(tensors: StoredTensors): Fields {
  const shape = (name: string) => tensors.get(name)!.shape;
  const [hiddenSize, , , patchSize] = shape('visual.conv1.weight');
  const [vocabSize, width] = shape('token_embedding.weight');
  const blocks = { vision: 'visual.transformer.resblocks.', text: 'transformer.resblocks.' };
  return {
    modelType: 'clip',
    projectionDim: shape('text_projection')[1],
    visionConfig: {
      ...{ hiddenSize, patchSize, numAttentionHeads: heads('CLIP', hiddenSize) },
      imageSize: sideOf(shape('visual.positional_embedding')[0]) * patchSize,
      numHiddenLayers: blockCount(tensors, blocks.vision),
      intermediateSize: shape(`${blocks.vision}0.mlp.c_fc.weight`)[0],
    },
    textConfig: {
      ...{ vocabSize, hiddenSize: width, numAttentionHeads: heads('CLIP', width) },
      ...{ maxPositionEmbeddings: shape('positional_embedding')[0], eosTokenId: vocabSize - 1 },
      numHiddenLayers: blockCount(tensors, blocks.text),
      intermediateSize: shape(`${blocks.text}0.mlp.c_fc.weight`)[0],
    },
  };
}
