/**
 * The attention bundle: what is known about where a model looked in one picture, as plain JSON, to be kept in a file, sent
 * to a viewer, drawn. docs/attention-format.md describes it for other programs.
 * H heads, Q queries, P patches (class token not counted), T text tokens.
 */

/** The bundle's MIME type; the number in it changes when old readers would misread a new bundle. */
export const ATTENTION_FORMAT = 'application/vnd.blip2.attention.v1+json';
/** MIME type of a set of bundles. */
export const ATTENTION_SET_FORMAT = 'application/vnd.blip2.attention-set.v1+json';

/**
 * One map per head and query. Without `scale` numbers are float32, little-endian, base64. With it, `heat` is uint8 in
 * base64 and `scale` float32 [H · Q]: a number is uint8 · scale / 255.
 */
export interface AttentionMaps {
  /** Over the patches, row by row of the picture: [H, Q, P]. */
  heat: string;
  /** Of the vision tower's class token, which is no place in the picture: float32 [H, Q]. */
  cls: string;
  scale?: string;
}

/** Cross-attention of one block. The probabilities of a head and query, `cls` with `heat`, add up to 1. */
export interface AttentionLayer extends AttentionMaps {
  /** Number of the block, from 0. */
  layer: number;
}

/** Attention of one block on the queries: probabilities, whose rest to a sum of 1 went elsewhere. */
export interface AttentionToQueries {
  /** Number of the block, from 0. */
  layer: number;
  /** [H, T, Q], of numbers as `heat` has them. */
  toQueries: string;
  scale?: string;
}

/** Where queries look in one picture, as plain data: what `attend` returns, and what JupyterLab's explorer draws. */
export interface AttentionBundle {
  format: typeof ATTENTION_FORMAT;
  /** The picture as a PNG data URL, and its size in pixels. */
  image: { url: string; width: number; height: number };
  /** The patches that the picture is cut into: P = rows · columns. */
  grid: { rows: number; columns: number };
  heads: number;
  queries: number;
  /** The blocks that read the picture, first to last. */
  layers: AttentionLayer[];
  /** Probabilities times the positive part of their gradient: no probabilities, but 0 or more. Blocks as in `layers`. */
  gradients?: AttentionLayer[];
  /** What was differentiated, in words. */
  gradientOf?: string;
  /** Attention rollout over all blocks, heads averaged: shares that add up to 1 for each query. H = 1. */
  rollout?: AttentionMaps;
  /** The text that the queries had beside them. */
  text?: string;
  /** Self-attention of that text's tokens on the queries. */
  tokens?: { text: string[]; layers: AttentionToQueries[] };
  /** What the language model wrote, and its attention on the queries' places as it wrote each token. */
  generated?: { prompt: string; tokens: string[]; heads: number; layers: AttentionToQueries[] };
}

/** A member of a set: its bundle, or the file beside the set that holds it. */
export interface AttentionItem {
  name: string;
  bundle?: AttentionBundle;
  /** A plain file name. */
  file?: string;
}

/** Many pictures, or what is to be compared. */
export interface AttentionSet {
  format: typeof ATTENTION_SET_FORMAT;
  title?: string;
  items: AttentionItem[];
  /** The folder of the files, relative to the notebook; where it is absent, that of the set. */
  dir?: string;
}

/** What `attend` can add to cross-attention, at its cost. */
export type FurtherSource = 'rollout' | 'gradients';
