/**
 * LAVIS's names of tensors and Hugging Face's, in one table read in both directions. `#` stands for a number, `*` for
 * the rest of a name.
 */

/** Of all BLIP-2 models: what lies between the towers. `L` is `opt` or `t5`. */
const QFORMER: readonly Pair[] = [
  ['query_tokens', 'query_tokens'],
  ['ln_vision.*', 'vision_model.post_layernorm.*'],
  ['Qformer.bert.embeddings.LayerNorm.*', 'qformer.layernorm.*'],
  ['Qformer.bert.embeddings.word_embeddings.weight', 'embeddings.word_embeddings.weight'],
  ['Qformer.bert.embeddings.position_embeddings.weight', 'embeddings.position_embeddings.weight'],
  ['Qformer.bert.encoder.layer.#.attention.self.*', 'qformer.encoder.layer.#.attention.attention.*'],
  [
    'Qformer.bert.encoder.layer.#.crossattention.self.*',
    'qformer.encoder.layer.#.crossattention.attention.*',
  ],
  ['Qformer.bert.encoder.layer.#.*', 'qformer.encoder.layer.#.*'],
  ['vision_proj.*', 'vision_projection.*'],
  ['text_proj.*', 'text_projection.*'],
  ['itm_head.*', 'itm_head.*'],
  ['L_proj.*', 'language_projection.*'],
  ['L_model.*', 'language_model.*'],
];

/** EVA's ViT; its biases of queries and values are joined (lavisTensors.ts). */
const EVA: readonly Pair[] = [
  ['visual_encoder.cls_token', 'vision_model.embeddings.class_embedding'],
  ['visual_encoder.pos_embed', 'vision_model.embeddings.position_embedding'],
  ['visual_encoder.patch_embed.proj.*', 'vision_model.embeddings.patch_embedding.*'],
  ['visual_encoder.blocks.#.norm1.*', 'vision_model.encoder.layers.#.layer_norm1.*'],
  ['visual_encoder.blocks.#.norm2.*', 'vision_model.encoder.layers.#.layer_norm2.*'],
  ['visual_encoder.blocks.#.attn.qkv.weight', 'vision_model.encoder.layers.#.self_attn.qkv.weight'],
  ['visual_encoder.blocks.#.attn.proj.*', 'vision_model.encoder.layers.#.self_attn.projection.*'],
  ['visual_encoder.blocks.#.mlp.*', 'vision_model.encoder.layers.#.mlp.*'],
];

/** CLIP's two towers alike; queries, keys and values are parted (lavisTensors.ts). */
const clipBlocks = (theirs: string, ours: string): Pair[] => [
  [`${theirs}.#.attn.out_proj.*`, `${ours}.#.self_attn.out_proj.*`],
  [`${theirs}.#.ln_1.*`, `${ours}.#.layer_norm1.*`],
  [`${theirs}.#.ln_2.*`, `${ours}.#.layer_norm2.*`],
  [`${theirs}.#.mlp.c_fc.*`, `${ours}.#.mlp.fc1.*`],
  [`${theirs}.#.mlp.c_proj.*`, `${ours}.#.mlp.fc2.*`],
];

/** CLIP's ViT, under LAVIS's prefix or under OpenAI's. */
const clipVision = (prefix: string): Pair[] => [
  [`${prefix}.class_embedding`, 'vision_model.embeddings.class_embedding'],
  [`${prefix}.positional_embedding`, 'vision_model.embeddings.position_embedding.weight'],
  [`${prefix}.conv1.weight`, 'vision_model.embeddings.patch_embedding.weight'],
  [`${prefix}.ln_pre.*`, 'vision_model.pre_layrnorm.*'],
  ...clipBlocks(`${prefix}.transformer.resblocks`, 'vision_model.encoder.layers'),
];

/** OpenAI's whole CLIP; the two projections are turned (lavisTensors.ts). */
const CLIP: readonly Pair[] = [
  ...clipVision('visual'),
  ['visual.ln_post.*', 'vision_model.post_layernorm.*'],
  ['token_embedding.weight', 'text_model.embeddings.token_embedding.weight'],
  ['positional_embedding', 'text_model.embeddings.position_embedding.weight'],
  ['ln_final.*', 'text_model.final_layer_norm.*'],
  ['logit_scale', 'logit_scale'],
  ...clipBlocks('transformer.resblocks', 'text_model.encoder.layers'),
];

type Pair = readonly [lavis: string, huggingFace: string];

/** What a checkpoint of LAVIS or OpenAI holds: which names it has. */
export interface Layout {
  /** Of the vision tower; undefined for OpenAI's whole CLIP. */
  vision: 'eva' | 'clip';
  /** Before the names of a language model. */
  language: 'opt' | 't5';
  /** OpenAI's whole CLIP in place of a BLIP-2. */
  isOpenAi: boolean;
}

/** The other side's name, for the direction that is asked for; undefined where it has none. */
export interface Names {
  toHuggingFace(name: string): string | undefined;
  toLavis(name: string): string | undefined;
}

export function lavisNames({ vision, language, isOpenAi }: Layout): Names {
  const pairs = isOpenAi ? CLIP : [...QFORMER, ...(vision === 'eva' ? EVA : clipVision('visual_encoder'))];
  const named = pairs.map(([theirs, ours]) => [theirs.replace(/^L_/, `${language}_`), ours] as const);
  const there = named.map(([from, to]) => rule(from, to));
  const back = named.map(([to, from]) => rule(from, to));
  const first = (rules: ReturnType<typeof rule>[], name: string) =>
    rules.reduce<string | undefined>((found, apply) => found ?? apply(name), undefined);
  return { toHuggingFace: (name) => first(there, name), toLavis: (name) => first(back, name) };
}

function rule(from: string, to: string): (name: string) => string | undefined {
  const escaped = from.replace(/[.]/g, '\\.').replace('#', '(\\d+)').replace('*', '(.+)');
  const pattern = new RegExp(`^${escaped}$`);
  return (name) => {
    const groups = pattern.exec(name)?.slice(1);
    return groups && to.replace(/[#*]/g, () => groups.shift()!);
  };
}
