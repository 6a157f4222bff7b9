/**
 * State dicts with all keys that LAVIS's checkpoints have, in small sizes: random bits of every tensor, so that nothing
 * can be mistaken for anything else. W width of the image, D of the Q-Former, E of the projections, V vocabulary.
 */
import type { SafetensorsDtype } from '../../packages/core/src/checkpoints/dtypes';
import { byteSize } from '../../packages/core/src/checkpoints/dtypes';
import type { StoredTensor } from '../../packages/core/src/checkpoints/writeSafetensors';
import { numbers } from './hostileFiles';

export type Shapes = Record<string, number[]>;
type Both = (name: string, out: number, into?: number) => Shapes;

const both: Both = (name, out, into) => ({
  [`${name}.weight`]: into === undefined ? [out] : [out, into],
  [`${name}.bias`]: [out],
});
const all = (...parts: Shapes[]): Shapes => Object.assign({}, ...parts) as Shapes;
const each = (count: number, make: (i: number) => Shapes): Shapes =>
  all(...Array.from({ length: count }, (_, i) => make(i)));

const [D, F, Q, E, V, LAYERS] = [64, 72, 5, 7, 31, 4];
const SELF = ['query', 'key', 'value'];

function layer(i: number, width: number, readsText: boolean): Shapes {
  const at = `Qformer.bert.encoder.layer.${i}`;
  const output = (name: string) => all(both(`${name}.dense`, D, D), both(`${name}.LayerNorm`, D));
  const feedForward = (kind: string) =>
    all(
      both(`${at}.intermediate${kind}.dense`, F, D),
      both(`${at}.output${kind}.dense`, D, F),
      both(`${at}.output${kind}.LayerNorm`, D),
    );
  return all(
    ...SELF.map((map) => both(`${at}.attention.self.${map}`, D, D)),
    output(`${at}.attention.output`),
    ...(i % 2 === 0
      ? [
          ...SELF.map((map) => both(`${at}.crossattention.self.${map}`, D, map === 'query' ? D : width)),
          output(`${at}.crossattention.output`),
        ]
      : []),
    ...(readsText ? [feedForward('')] : []),
    feedForward('_query'),
  );
}

const qformer = (width: number, readsText: boolean): Shapes =>
  all(
    { query_tokens: [1, Q, D] },
    both('ln_vision', width),
    both('Qformer.bert.embeddings.LayerNorm', D),
    each(LAYERS, (i) => layer(i, width, readsText)),
  );

/** Stage 1, and ITM: all that it trains; `position_ids` is a buffer. */
export const stage1 = (width: number): Shapes =>
  all(
    { temp: [], 'Qformer.bert.embeddings.position_ids': [1, 9] },
    { 'Qformer.bert.embeddings.word_embeddings.weight': [V, D] },
    { 'Qformer.bert.embeddings.position_embeddings.weight': [9, D] },
    qformer(width, true),
    both('vision_proj', E, D),
    both('text_proj', E, D),
    both('itm_head', 2, D),
    both('Qformer.cls.predictions.transform.dense', D, D),
    both('Qformer.cls.predictions.transform.LayerNorm', D),
    { 'Qformer.cls.predictions.bias': [V], 'Qformer.cls.predictions.decoder.weight': [V, D] },
    { 'Qformer.cls.predictions.decoder.bias': [V] },
  );

/** Stage 2 without its towers. */
export const stage2 = (width: number, language: 'opt' | 't5', languageWidth: number): Shapes =>
  all(
    { 'Qformer.bert.embeddings.position_ids': [1, 9] },
    qformer(width, false),
    both(`${language}_proj`, languageWidth, D),
  );

/** EVA's ViT; a file of its own has one block more than is run, and a norm and a head. */
export const eva = (width: number, blocks: number, prefix = 'visual_encoder.'): Shapes =>
  all(
    { [`${prefix}cls_token`]: [1, 1, width], [`${prefix}pos_embed`]: [1, 10, width] },
    { [`${prefix}patch_embed.proj.weight`]: [width, 3, 4, 4], [`${prefix}patch_embed.proj.bias`]: [width] },
    each(blocks, (i) => {
      const at = `${prefix}blocks.${i}`;
      return all(
        both(`${at}.norm1`, width),
        { [`${at}.attn.q_bias`]: [width], [`${at}.attn.v_bias`]: [width] },
        { [`${at}.attn.qkv.weight`]: [3 * width, width] },
        both(`${at}.attn.proj`, width, width),
        both(`${at}.norm2`, width),
        both(`${at}.mlp.fc1`, 2 * width, width),
        both(`${at}.mlp.fc2`, width, 2 * width),
      );
    }),
  );

const resblocks = (prefix: string, width: number, blocks: number): Shapes =>
  each(blocks, (i) => {
    const at = `${prefix}transformer.resblocks.${i}`;
    return all(
      { [`${at}.attn.in_proj_weight`]: [3 * width, width], [`${at}.attn.in_proj_bias`]: [3 * width] },
      both(`${at}.attn.out_proj`, width, width),
      both(`${at}.ln_1`, width),
      both(`${at}.ln_2`, width),
      both(`${at}.mlp.c_fc`, 2 * width, width),
      both(`${at}.mlp.c_proj`, width, 2 * width),
    );
  });

/** CLIP's ViT. */
export const clipVision = (width: number, blocks: number, prefix = 'visual_encoder.'): Shapes =>
  all(
    { [`${prefix}class_embedding`]: [width], [`${prefix}positional_embedding`]: [10, width] },
    { [`${prefix}conv1.weight`]: [width, 3, 4, 4] },
    both(`${prefix}ln_pre`, width),
    resblocks(prefix, width, blocks),
  );

/** OpenAI's whole CLIP. */
export const openAiClip = (width: number, textWidth: number): Shapes =>
  all(
    clipVision(width, 3, 'visual.'),
    both('visual.ln_post', width),
    { 'visual.proj': [width, E] },
    { positional_embedding: [6, textWidth], text_projection: [textWidth, E], logit_scale: [] },
    { 'token_embedding.weight': [V, textWidth] },
    both('ln_final', textWidth),
    resblocks('', textWidth, 2),
  );

const TIED: Record<string, string> = {
  'Qformer.cls.predictions.decoder.weight': 'Qformer.bert.embeddings.word_embeddings.weight',
  'Qformer.cls.predictions.decoder.bias': 'Qformer.cls.predictions.bias',
  'opt_model.lm_head.weight': 'opt_model.model.decoder.embed_tokens.weight',
  't5_model.encoder.embed_tokens.weight': 't5_model.shared.weight',
  't5_model.decoder.embed_tokens.weight': 't5_model.shared.weight',
};

/** Random bits; matrices of frozen towers in half precision, as LAVIS has them. */
export function randomTensors(shapes: Shapes, seed: number): Map<string, StoredTensor> {
  const random = numbers(seed);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of Object.entries(shapes)) {
    const isFrozen = /^(visual_encoder|opt_model|t5_model)\./.test(name) && name.endsWith('weight');
    const dtype: SafetensorsDtype = name.endsWith('position_ids') ? 'I64' : isFrozen ? 'F16' : 'F32';
    const bytes = Uint8Array.from({ length: byteSize(dtype, shape) }, () => random(256));
    const tied = tensors.get(TIED[name] ?? '');
    tensors.set(name, tied ?? { dtype, shape, bytes: () => bytes });
  }
  return tensors;
}
