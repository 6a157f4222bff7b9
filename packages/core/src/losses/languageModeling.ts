/**
 * The objective of stage 2 (BLIP-2 section 3.3; LAVIS's blip2_opt.py and blip2_t5.py): a frozen language model writes
 * the caption, given soft prompts. One function for both kinds: with a prefix of the caption in the prompt and the rest
 * as the target it is the prefix language modeling of encoder-decoders (`splitPrefix`).
 *
 * B batch, P patches, W width of the image, L prompt tokens, N question tokens, T target tokens, V vocabulary.
 */
import { IGNORED, softmaxCrossEntropy, tf, type Rng, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { blip2Prompt, languageWeights, softPrompts, type Blip2, type Text } from '../models';
import { partOfTokens } from './parts';

/**
 * Next-token cross-entropy, mean over the target's real tokens.
 *
 * @param logits of every target token [B, T, V] (`LanguageTower.logits`)
 * @param target ids and mask (1 judged, 0 not), int32 [B, T]
 */
export function languageModeling(logits: Tensor, { ids, mask }: Text): Tensor {
  const [, , vocabulary] = logits.shape as [number, number, number];
  const labels = tf.where(mask.toBool(), ids, tf.scalar(IGNORED, 'int32'));
  return partOfTokens(softmaxCrossEntropy(logits.reshape([-1, vocabulary]), labels.reshape([-1])), mask);
}

/** What a step of stage 2 reads. */
export type Stage2Batch = {
  /** Features of the vision tower [B, P, W]. */
  image: Tensor;
  /**
   * Tokens that are given, after the queries: what a decoder-only model goes on from, or the encoder reads. Padded on
   * the left for the one, on the right for the other; int32 [B, L]. Without them the queries are the whole prompt.
   */
  promptIds?: Tensor;
  /** Where it is absent, no token is padding. */
  promptMask?: Tensor;
  /**
   * What is asked, in the Q-Former's own tokens, beside its queries (VQA fine-tuning, section 4.3): int32 [B, N], padded
   * on the right. Without them the queries read the image alone.
   */
  questionIds?: Tensor;
  /** Where it is absent, no token is padding. */
  questionMask?: Tensor;
  /**
   * Tokens that are judged, the end token among them, padded on the right; int32 [B, T]. With an empty prompt the
   * first of OPT's is its `</s>`, as in LAVIS: the last query is to predict it.
   */
  targetIds: Tensor;
  targetMask: Tensor;
};

export interface Stage2Options {
  /**
   * Draws dropout: the Q-Former's, and the language model's, which LAVIS leaves in training mode though it is frozen.
   * Without it there is none.
   */
  rng?: Rng;
}

/** The loss of a step of stage 2, and what it was computed from. */
export type Stage2Losses = {
  loss: Tensor;
  outputs: {
    /** [B, Q, D] */
    softPrompts: Tensor;
    /** Of every target token [B, T, V]. */
    logits: Tensor;
  };
};

/** @param w the whole model's weights: what is trained, and the language model under its prefix */
export function stage2Losses(
  w: Weights,
  model: Blip2,
  batch: Stage2Batch,
  { rng }: Stage2Options = {},
): Stage2Losses {
  const { promptIds, promptMask, targetIds, targetMask, questionIds, questionMask } = batch;
  const question = questionIds && { ids: questionIds, mask: questionMask ?? tf.onesLike(questionIds) };
  const soft = softPrompts(w, model, batch.image, { text: question, rng }); // [B, Q, D]
  const text = promptIds && { ids: promptIds, mask: promptMask ?? tf.onesLike(promptIds) };
  const prompt = blip2Prompt(w, model, soft, text);
  const logits = model.language.logits(languageWeights(w), prompt, targetIds, rng); // [B, T, V]
  const loss = languageModeling(logits, { ids: targetIds, mask: targetMask });
  return { loss, outputs: { softPrompts: soft, logits } };
}
