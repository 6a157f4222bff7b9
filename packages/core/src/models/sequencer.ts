/**
 * What generation knows of a model: a prompt is read once, then token follows token, at fixed shapes, so that each
 * of the two is one compiled function.
 *
 * B prompts, K rows that continue each, R = B · K rows that grow (rows b·K … of prompt b), N tokens of room, V vocabulary.
 */
import type { Tensor, TensorTree } from '../runtime';
import type { Weights } from '../nn';

/** What is to grow after the prompts. */
export interface Room {
  /** N, the most tokens that will be written. */
  tokens: number;
  /** K: beams, or texts drawn. */
  rowsPerPrompt: number;
}

/**
 * What is kept of the tokens written so far. A row writes its token number n into slot n, once, so a step may do that in the
 * memory it was given: of several caches that came one after the other only the last goes on.
 */
export type Cache = TensorTree;

export interface Beginning {
  /** What is kept of the prompts, which the rows of each share. */
  memory: TensorTree;
  /** With room for N tokens of R rows, and none in it. */
  cache: Cache;
  /** Of the first token [B, V]. */
  logits: Tensor;
}

/** What rows take in. */
export type Feed = {
  /** int32 [R]: each row's token number `position`. */
  tokens: Tensor;
  /** int32 scalar, 0 … N − 1 */
  position: Tensor;
  /**
   * int32 [R, N], where rows do not stay by themselves: which row took in each of the tokens 0 … `position` of a row's text,
   * the row itself the last. Later columns mean nothing, but must be numbers of rows.
   */
  origins?: Tensor;
};

export interface Step {
  cache: Cache;
  /** Of the next token [R, V]. */
  logits: Tensor;
}

export interface Sequencer<Prompt extends TensorTree> {
  /** Reads the prompts. */
  begin(w: Weights, prompt: Prompt, room: Room): Beginning;
  /** Takes in one more token per row. */
  step(w: Weights, memory: TensorTree, cache: Cache, feed: Feed): Step;
}
