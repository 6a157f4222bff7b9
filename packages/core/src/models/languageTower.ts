/**
 * All that BLIP-2, its losses and its trainer know of a language model. Decoder-only models read the prompt as the
 * beginning of their text, encoder-decoders in their encoder; the difference stays inside the tower.
 *
 * B batch, P prompt positions, T target tokens, D width, V vocabulary.
 */
import type { ParameterSpecs, Rng, Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { Sequencer } from './sequencer';

/** What the model is given, as embeddings: soft prompts and words alike. */
export type Prompt = {
  /** [B, P, D] */
  embeddings: Tensor;
  /** int32 [B, P], 0 on padding, wherever it is. */
  mask: Tensor;
};

/** Token ids that a text starts with, ends with, and is filled up with. */
export interface SpecialTokens {
  /** Put before a text by decoder-only models (OPT's `</s>`). */
  bos?: number;
  eos: number;
  pad: number;
}

/** A language model as BLIP-2 knows it. */
export interface LanguageTower extends Sequencer<Prompt> {
  readonly architecture: 'decoder-only' | 'encoder-decoder';
  /** D, of the embeddings that go in. */
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** The longest sequence there are positions for, prompt and text together; any length without it. */
  readonly maxPositions?: number;
  readonly tokens: SpecialTokens;
  /** Names as in Hugging Face's state dict. */
  parameters(): ParameterSpecs;
  /** Word embeddings as the first block expects them: ids int32 [B, T] → [B, T, D]. */
  embed(w: Weights, ids: Tensor): Tensor;
  /**
   * Teacher forcing: position t holds the logits of target token t, given the prompt and the target before t.
   * What stands after t has no influence, so targets are padded on the right with any id.
   *
   * @param target int32 [B, T]
   * @param rng draws the model's own dropout; without it there is none
   * @returns [B, T, V]
   */
  logits(w: Weights, prompt: Prompt, target: Tensor, rng?: Rng): Tensor;
  /**
   * Where the model looks in its prompt while it writes a text, by teacher forcing: for each block that reads the prompt
   * the probabilities of the row that token t is predicted from. A decoder-only model's are those of self-attention, whose
   * rest to a sum of 1 goes to the text before t; an encoder-decoder's those of cross-attention.
   *
   * @param target int32 [B, T]
   * @returns for each block [B, heads, T, P]
   */
  attentions(w: Weights, prompt: Prompt, target: Tensor): Tensor[];
}
