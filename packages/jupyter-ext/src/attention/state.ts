/** What the view shows, as plain JSON: kept in a notebook's metadata, so that a saved notebook shows the same again. */

/** One of many, or the mean or the largest of all at each patch. */
export type Pick = number | 'mean' | 'max';

/** What is drawn: attention itself, attention weighted by gradients, or attention multiplied through the layers. */
export type Source = 'attention' | 'gradients' | 'rollout';

/** Which self-attention is meant, where text reads queries. */
export interface Reading {
  layer: Pick;
  head: Pick;
}

/** All that a reader can choose. Plain JSON. */
export interface ViewState {
  /** Index of the picture in its set; 0 without a set. */
  item: number;
  /** Index of the one beside it, or none. */
  compare: number | null;
  source: Source;
  /** Number of the block; -1 is the last. */
  layer: Pick;
  head: Pick;
  query: number;
  /** The query stays on view while the pointer moves over others. */
  locked: boolean;
  /** The patch that stays marked. */
  patch: number | null;
  /** Index of the word of the text that is followed, or none. */
  token: number | null;
  /** Index of the written token that is followed, or none. */
  step: number | null;
  /** How the text reads the queries, and how the language model does while it writes. */
  reading: Reading;
  writing: Reading;
  sort: 'number' | 'entropy' | 'peak';
  /** The scale ends at the largest value of all queries, or of the one on view. */
  scale: 'all' | 'own';
  /** Colours over the grey picture, or the picture itself, lit where the query looks. */
  paint: 'viridis' | 'cividis' | 'light';
}
