/** A stage-1 Q-Former that starts as a BERT (BLIP-2 section 3.1) instead of being drawn from the seed. */
import { Blip2Error, tf, type ParameterStore } from '../runtime';
import { BERT, initialiseFromBert, type BertConfig, type Blip2QformerConfig } from '../models';
import { fromPretrained, hashWeights, openModelFolder } from '../checkpoints';

export interface Initialisation {
  /** Model folder of a BertForMaskedLM. */
  bert: string;
}

/** What an initialisation is in a recipe's record: the weights' hash, wherever they lie. */
export function initialisationRecord({ bert }: Initialisation): { bert: string } {
  return { bert: hashWeights(openModelFolder(bert)) };
}

/**
 * Gives the parameters BERT's values wherever it has them: self-attention, feed-forwards (the queries' are copies of the
 * text's), embeddings, language head. The rest keeps what was drawn. Texts are short: the first positions are kept.
 *
 * @throws Blip2Error naming every size in which the two differ
 */
export function initialise(
  parameters: ParameterStore,
  config: Blip2QformerConfig,
  { bert: dir }: Initialisation,
): void {
  const bert = fromPretrained(dir, BERT, { trainable: () => true });
  try {
    checkSizes(dir, bert.config, config);
    tf.tidy(() => initialiseFromBert(config, parameters, bert.parameters.readAll()));
  } finally {
    bert.dispose();
  }
}

function checkSizes(dir: string, bert: BertConfig, { qformer }: Blip2QformerConfig): void {
  const equal = (option: string, own: number, theirs: number) =>
    own === theirs ? [] : [`${option} is ${own}, BERT's ${theirs}`];
  const problems = [
    ...equal('qformer.width', qformer.hiddenSize, bert.hiddenSize),
    ...equal('qformer.layers', qformer.numHiddenLayers, bert.numHiddenLayers),
    ...equal('qformer.heads', qformer.numAttentionHeads, bert.numAttentionHeads),
    ...equal('qformer.feedForward', qformer.intermediateSize, bert.intermediateSize),
    // [DEC], which BERT lacks, may be one more.
    ...(bert.vocabSize > qformer.vocabSize
      ? [`the tokenizer has ${qformer.vocabSize} words, BERT ${bert.vocabSize}`]
      : []),
    ...(bert.maxPositionEmbeddings < qformer.maxPositionEmbeddings
      ? [`maxTextLength is ${qformer.maxPositionEmbeddings}, BERT's ${bert.maxPositionEmbeddings}`]
      : []),
  ];
  if (problems.length === 0) return;
  throw new Blip2Error(`The Q-Former cannot start from ${dir}: ${problems.join('; ')}`, {
    hint: 'Give the recipe the sizes of the BERT, or the BERT of the data’s tokenizer.',
    exitCode: 2,
  });
}
