/**
 * Where the queries of a stage-1 model look beside a text, in the two passes of stage 1 that have both: ITM's, in which
 * everything sees everything, and ITG's, in which text sees the queries and the text before it, and no query sees a text.
 *
 * B batch, Q queries, P patches, W width of the image, T text tokens, V vocabulary.
 */
import { Blip2Error, IGNORED, softmaxCrossEntropy, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { EncodedBatch, Tokenizer } from '../text';
import {
  attentionProbes,
  bidirectionalMask,
  decoderIds,
  embedText,
  imageTextMatchingLogits,
  languageLogits,
  multimodalCausalMask,
  qformer,
  readImage,
  type Blip2QformerConfig,
  type Text,
} from '../models';
import {
  lookAt,
  ofPicture,
  tokenNames,
  type AttentionSource,
  type FurtherSource,
  type Look,
  type Pass,
  type Seen,
} from '../attention';
import { realTokens } from './besideText';

/** A pass of stage 1 with image and text. */
export type PairObjective = 'itm' | 'itg';

/** How a stage-1 model looks at pictures with texts beside them. */
export interface PairOptions {
  /** ITM unless given. */
  objective?: PairObjective;
  /** Further maps: `rollout`, and `gradients` of the objective's score. */
  sources?: readonly FurtherSource[];
}

/** What gradients are of: in ITM the log-odds of a match. */
const SCORES: Record<PairObjective, string> = {
  itm: 'ITM score of the text',
  itg: 'log-probability of the text',
};

/** Texts as their encoder and decoder read them. */
export interface EncodedTexts extends EncodedBatch {
  texts: readonly string[];
  /** Names of each text's tokens, without padding. */
  names: string[][];
}

/** @param encoded the texts with their special tokens, padded on the right @param start `[DEC]` */
export function nameTexts(
  texts: readonly string[],
  encoded: EncodedBatch,
  { tokenizer, objective, start }: { tokenizer: Tokenizer; objective: PairObjective; start: number },
): EncodedTexts {
  const names = realTokens(encoded).map((real) => {
    if (objective === 'itg') real[0] = start; // see `decoderIds`
    return tokenNames(tokenizer, real);
  });
  return { ...encoded, texts, names };
}

/** @param features of the images [B, P, W] @param text int32 [B, T] */
export function pairLook(
  w: Weights,
  config: Blip2QformerConfig,
  { objective, sources }: Required<PairOptions>,
  features: Tensor,
  text?: Text,
): Look {
  if (!text && sources.includes('gradients')) {
    throw new Blip2Error('Gradients are of the score of a text', {
      hint: 'Give a text beside each picture.',
      exitCode: 2,
    });
  }
  const image = readImage(w, config, features);
  const alone = { queries: w.get('query_tokens'), image };
  const [batch, patches] = features.shape as [number, number];
  return lookAt(
    (probes) =>
      text
        ? PASSES[objective](w, config, { ...alone, probes }, text)
        : { output: qformer(w, config.qformer, alone) },
    sources,
    () => attentionProbes(config.qformer, batch, patches),
  );
}

type QueryInput = Pick<Parameters<typeof qformer>[2], 'queries' | 'image' | 'probes'>;

const PASSES: Record<
  PairObjective,
  (w: Weights, config: Blip2QformerConfig, input: QueryInput, text: Text) => Required<Pass>
> = {
  itm(w, config, input, { ids, mask }) {
    const seesAll = bidirectionalMask(config.qformer.numQueryTokens, mask);
    const output = qformer(w, config.qformer, { ...input, text: embedText(w, ids), mask: seesAll });
    const [isNone, isMatch] = tf.split(imageTextMatchingLogits(w, output.queries!), 2, 1); // [B, 1] each
    return { output, score: tf.sum(isMatch.sub(isNone)) };
  },
  itg(w, config, input, { ids, mask }) {
    const causal = multimodalCausalMask(config.qformer.numQueryTokens, mask);
    const text = embedText(w, decoderIds(config, ids));
    const output = qformer(w, config.qformer, { ...input, text, mask: causal });
    const [, length, width] = output.text!.shape as [number, number, number];
    const judging = output.text!.slice([0, 0, 0], [-1, length - 1, width]); // the last token predicts nothing
    const next = (x: Tensor) => x.slice([0, 1], [-1, length - 1]).reshape([-1]); // [B · (T − 1)]
    const isReal = next(mask);
    const labels = tf.where(isReal.toBool(), next(ids), tf.scalar(IGNORED, 'int32'));
    const logits = languageLogits(w, config, judging).reshape([labels.size, -1]); // [B · (T − 1), V]
    const mean = softmaxCrossEntropy(logits, labels);
    return { output, score: tf.neg(mean).mul(tf.sum(isReal).toFloat()) };
  },
};

/** What is known of each picture and its text. */
export function pairRecords(
  seen: Seen,
  pictures: number,
  objective: PairObjective,
  beside?: EncodedTexts,
): Omit<AttentionSource, 'image'>[] {
  return Array.from({ length: pictures }, (_, i) => ({
    ...ofPicture(seen, i, { text: beside?.names[i], of: SCORES[objective] }),
    text: beside?.texts[i],
  }));
}
