/**
 * BLIP-2 of stage 2 (section 3.3; LAVIS's blip2_opt.py and blip2_t5.py): what the queries read in an image becomes soft
 * prompts in front of a frozen language model's text. The towers are known by their interfaces alone.
 * Names are those of Hugging Face's Blip2ForConditionalGeneration.
 *
 * B batch, Q queries, P patches, W width of the image, D width of the language model, L text tokens, T tokens of a text
 * beside the queries.
 */
import { normedRows, tf, type ParameterSpecs, type Rng, type Tensor } from '../runtime';
import { defaultLinearSpecs, layerNormSpecs, linear, type Weights } from '../nn';
import type { LanguageTower, Prompt } from './languageTower';
import { bidirectionalMask } from './masks';
import { embedText, imageMemory, qformer, type QformerOutput } from './qformer';
import { qformerParameters, type QformerConfig } from './qformerConfig';
import type { VisionTower } from './visionTower';

/** A BLIP-2 of stage 2, known by its parts: a vision tower, a Q-Former, a language model. */
export interface Blip2 {
  readonly vision: VisionTower;
  readonly language: LanguageTower;
  readonly qformer: QformerConfig;
  /** Of the norm between image and Q-Former: 1e-5 in LAVIS, 1e-6 in Hugging Face. */
  readonly visionLayerNormEps: number;
  /** What it was fine-tuned to be asked with. */
  readonly prompts?: Prompts;
  /** Both towers and what is trained. */
  parameters(): ParameterSpecs;
  /** All that stage 2 trains: the norm after the image, queries, Q-Former, projection. */
  trainableParameters(): ParameterSpecs;
}

/** Texts that a fine-tuned model expects before what it writes. */
export interface Prompts {
  /** What captions begin with: `a photo of`. */
  caption?: string;
  /** The template of questions: `Question: {} Answer:`. */
  question?: string;
}

/** Token ids and what is real among them (1, padding 0): int32 [B, L] each. */
export type Text = { ids: Tensor; mask: Tensor };

/** Where the language model's names begin. */
export const LANGUAGE_MODEL = 'language_model';

/** A BLIP-2 made of its parts, with the parameters of all of them. */
export function blip2(parts: Omit<Blip2, 'parameters' | 'trainableParameters'>): Blip2 {
  const { vision, language } = parts;
  const trained = {
    ...layerNormSpecs('vision_model.post_layernorm', vision.hiddenSize),
    ...qformerParameters(parts.qformer),
    ...defaultLinearSpecs('language_projection', parts.qformer.hiddenSize, language.hiddenSize),
  };
  const ofLanguage = Object.entries(language.parameters()).map(
    ([name, spec]) => [`${LANGUAGE_MODEL}.${name}`, spec] as const,
  );
  return {
    ...parts,
    trainableParameters: () => trained,
    parameters: () => ({ ...vision.parameters(), ...trained, ...Object.fromEntries(ofLanguage) }),
  };
}

/** The language model's own weights. */
export function languageWeights(w: Weights): Weights {
  return w.scope(LANGUAGE_MODEL);
}

/** What the Q-Former's pass may have beside the images. */
export interface QueryOptions {
  /**
   * A text for each image, in the Q-Former's own tokens [B, T]: queries and text see each other, so what is read depends
   * on what is asked (section 4.3). It needs a Q-Former with `useQformerTextInput`.
   */
  text?: Text;
  /** Draws the Q-Former's dropout; without it there is none. */
  rng?: Rng;
  /** See `QformerInput`. */
  probes?: Record<number, Tensor>;
}

/**
 * The Q-Former's pass over images, its attention included.
 *
 * @param features of the vision tower [B, P, W]
 */
export function queryImages(
  w: Weights,
  { qformer: config, visionLayerNormEps }: Pick<Blip2, 'qformer' | 'visionLayerNormEps'>,
  features: Tensor,
  { text, rng, probes }: QueryOptions = {},
): QformerOutput {
  const norm = w.scope('vision_model.post_layernorm');
  const normed = normedRows(features, norm.get('weight'), norm.get('bias'), visionLayerNormEps);
  const image = imageMemory(w, config, normed);
  const beside = text && {
    text: embedText(w, text.ids), // [B, T, D]
    mask: bidirectionalMask(config.numQueryTokens, text.mask),
  };
  return qformer(w, config, { queries: w.get('query_tokens'), image, ...beside, rng, probes });
}

/**
 * What the language model is told of the images: Q rows each, whatever the image's resolution.
 *
 * @param features of the vision tower [B, P, W]
 * @returns [B, Q, D]
 */
export function softPrompts(w: Weights, model: Blip2, features: Tensor, options?: QueryOptions): Tensor {
  const { queries } = queryImages(w, model, features, options);
  return projectQueries(w, queries!);
}

/** From the Q-Former's width to the language model's: [B, Q, width] → [B, Q, D]. */
export function projectQueries(w: Weights, queries: Tensor): Tensor {
  return linear(w.scope('language_projection'), queries);
}

/**
 * The language model's prompt: soft prompts [B, Q, D], then the text. What decoder-only models put before a text (OPT's
 * `</s>`) is part of the text: it stands between queries and words.
 */
export function blip2Prompt(w: Weights, { language }: Blip2, soft: Tensor, text?: Text): Prompt {
  const mask = tf.ones(soft.shape.slice(0, 2), 'int32');
  if (!text) return { embeddings: soft, mask };
  const words = language.embed(languageWeights(w), text.ids); // [B, L, D]
  return { embeddings: tf.concat([soft, words], 1), mask: tf.concat([mask, text.mask], 1) };
}
