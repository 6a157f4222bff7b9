/**
 * What generation knows of a model: a prompt is read once, then token follows token, at fixed shapes, so that each
 * of the two is one compiled function.
 *
 * B prompts, R = B × beams rows that grow (rows b·beams … of prompt b), N tokens of room, V vocabulary.
 */
import type { Tensor, TensorTree } from '../runtime';
import type { Weights } from '../nn';

/** What is kept of the tokens written so far: tensors whose first axis is the row. */
export type Cache = TensorTree;

export interface Beginning {
  /** What is kept of the prompt: first axis B. Rows that continue one prompt share it. */
  memory: TensorTree;
  /** With room for N tokens and none in it: first axis B. */
  cache: Cache;
  /** Of the first token [B, V]. */
  logits: Tensor;
}

export interface Step {
  cache: Cache;
  /** Of the next token [R, V]. */
  logits: Tensor;
}

export interface Sequencer<Prompt extends TensorTree> {
  /** Reads the prompts. `room` is N, the most tokens that will be written. */
  begin(w: Weights, prompt: Prompt, room: number): Beginning;
  /**
   * Takes in one more token per row.
   *
   * @param tokens int32 [R], each row's token number `position`
   * @param position int32 scalar, from 0
   */
  step(w: Weights, memory: TensorTree, cache: Cache, tokens: Tensor, position: Tensor): Step;
}
