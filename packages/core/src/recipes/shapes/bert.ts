/**
 * The BERT from which the Q-Former of Shapes may start (BLIP-2 section 3.1): masked words (Devlin et al., 2019), on
 * text alone, in exactly the Q-Former's sizes. Shipped in datasets/shapes/bert.
 *
 * B batch, T text tokens, V vocabulary.
 */
import { drawDocument, Random, type Split } from '@blip2/datasets';
import { IGNORED, ParameterStore, softmaxCrossEntropy, tf, type Tensor } from '../../runtime';
import { Tokenizer } from '../../text';
import { BERT, type BertConfig } from '../../models';
import { savePretrained, type HostTensor } from '../../checkpoints';
import { shapes } from '../../data';
import { train, type Recipe, type Run, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { parseStage1 } from '../stage1Options';
import { shapesStage1 } from './settings';
import { STORED, TOWER_TRAINING } from '../towers';

const TRAINING: TrainingConfig = { ...TOWER_TRAINING, steps: 2000, batchSize: 64, learningRate: 2e-3 };

/** Of the words, how many are guessed; of those, how many are hidden, and how many replaced by another. */
const GUESSED = 0.15;
const HIDDEN = 0.8;
const REPLACED = 0.1;

export interface ShapesBert {
  config: BertConfig;
  parameters: ParameterStore;
}

/** The recipe; every hyper-parameter can be overridden when it is trained. */
export function shapesBert(): Recipe<ShapesBert> {
  return {
    name: 'bert-shapes',
    config: { stage: 'bert', guessed: GUESSED, hidden: HIDDEN, replaced: REPLACED },
    training: TRAINING,
    custom: false,
    prepare: ({ training }) => Promise.resolve(prepare(training)),
  };
}

/** Trains it and writes it as a Hugging Face folder. */
export async function makeShapesBert(
  dir: string,
  options: TrainOptions<ShapesBert> = {},
): Promise<Run<ShapesBert>> {
  const run = await train(shapesBert(), options);
  if (!run.interrupted) savePretrained(dir, BERT, run.model.config, run.model.parameters, STORED);
  return run;
}

function bertConfig(tokenizer: Tokenizer): BertConfig {
  const { qformer, maxTextLength } = parseStage1(shapesStage1);
  return BERT.readConfig({
    vocabSize: tokenizer.vocabularySize,
    hiddenSize: qformer.width,
    numHiddenLayers: qformer.layers,
    numAttentionHeads: qformer.heads,
    intermediateSize: qformer.feedForward,
    hiddenDropoutProb: 0,
    attentionProbsDropoutProb: 0,
    maxPositionEmbeddings: maxTextLength,
    initializerRange: qformer.embeddingStd,
  });
}

function prepare({ seed, batchSize }: TrainingConfig): Task<ShapesBert> {
  const tokenizer = Tokenizer.fromFolder(shapes().tokenizerDir);
  const config = bertConfig(tokenizer);
  const bert = BERT.build(config);
  const parameters = ParameterStore.create(bert.parameters(), seed);
  const texts = maskedTexts(tokenizer, config.maxPositionEmbeddings);
  return {
    parameters,
    model: { config, parameters },
    inputs: (step) => texts(step * batchSize, batchSize, { seed }),
    loss: (w, { ids, mask, labels }) => {
      const logits = bert.logits(w, { ids, mask }); // [B, T, V]
      const flat = logits.reshape([-1, config.vocabSize]);
      const loss = softmaxCrossEntropy(flat, labels.reshape([-1]));
      return { loss, accuracy: accuracyOf(flat, labels.reshape([-1])) };
    },
  };
}

/** Share of the guesses that are right. logits [N, V], labels int32 [N], IGNORED where nothing is guessed */
function accuracyOf(logits: Tensor, labels: Tensor): Tensor {
  const isGuessed = tf.cast(tf.notEqual(labels, tf.scalar(IGNORED, 'int32')), 'float32');
  const isRight = tf.cast(tf.equal(tf.cast(tf.argMax(logits, 1), 'int32'), labels), 'float32');
  return tf.div(tf.sum(isRight), tf.maximum(tf.sum(isGuessed), 1));
}

interface TextOptions {
  seed: number;
  split?: Split;
}

/** int32 [B, T]: what is read, where there is something to read, and what is to be guessed (elsewhere IGNORED). */
type MaskedBatch = Record<'ids' | 'mask' | 'labels', HostTensor>;

/** Batches of texts number `first` to `first + count − 1`. */
export function maskedTexts(
  tokenizer: Tokenizer,
  maxLength: number,
): (first: number, count: number, options: TextOptions) => MaskedBatch {
  const guess = guesses(tokenizer);
  return (first, count, options) => {
    const texts = Array.from({ length: count }, (_, i) => textOf(first + i, options));
    const { ids, mask, shape } = tokenizer.encodeBatch(texts, { maxLength });
    const labels = new Int32Array(ids.length).fill(IGNORED);
    for (let row = 0; row < count; row++) {
      const part = [row * maxLength, (row + 1) * maxLength] as const;
      guess(ids.subarray(...part), labels.subarray(...part), new Random('mask', options.seed, first + row));
    }
    return { ids: { shape, data: ids }, mask: { shape, data: mask }, labels: { shape, data: labels } };
  };
}

/** In turn a caption alone, and a document: a description, a question with its answer. */
function textOf(number: number, options: TextOptions): string {
  const isCaption = number % 2 === 0;
  const captionProbability = isCaption ? 1 : 0;
  const { context, turns } = drawDocument(number, { ...options, turns: 1, captionProbability });
  const [{ prompt, answer }] = turns;
  return isCaption ? answer : `${context} ${prompt} ${answer}`;
}

/** Chooses words of a text [T] to be guessed, and hides them in place. */
function guesses(tokenizer: Tokenizer): (ids: Int32Array, labels: Int32Array, random: Random) => void {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[DEC]'].map((token) => tokenizer.id(token));
  const words = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter(
    (id) => !special.includes(id),
  );
  return (ids, labels, random) => {
    ids.forEach((id, i) => {
      if (special.includes(id) || !random.chance(GUESSED)) return;
      labels[i] = id;
      const lot = random.unit();
      if (lot < HIDDEN) ids[i] = tokenizer.id('[MASK]');
      else if (lot < HIDDEN + REPLACED) ids[i] = random.pick(words);
    });
  };
}
