/**
 * Small language models, trained on text alone, then frozen: OPT in two sizes, and T5.
 *
 * Two things make models this small learn to answer from a context, and read queries later. Some of their heads start as
 * heads that look back and heads that look for equal words (languageStart.ts). And in the second half of the training
 * contexts come blurred or as soft prompts may be (softContext.ts): a model that has only seen exact words cannot read
 * queries.
 *
 * B batch, P prompt tokens, T target tokens, D width.
 */
import { ParameterStore, tf, type Rng, type Tensor } from '../../runtime';
import { Tokenizer } from '../../text';
import { OPT, T5, type Family, type LanguageTower, type OptConfig, type T5Config } from '../../models';
import { languageModeling } from '../../losses';
import { savePretrained, type JsonObject } from '../../checkpoints';
import { train, type Recipe, type Run, type Task, type TrainingConfig, type TrainOptions } from '../../train';
import { startOpt, startT5 } from './languageStart';
import { documentTexts, PART, type DocumentSource } from './languageTexts';
import type { ContextShares } from './softContext';
import { copyTokenizer, STORED, TOWER_TRAINING } from './training';

const TRAINING: TrainingConfig = { ...TOWER_TRAINING, batchSize: 32, learningRate: 2e-3 };

const PLAIN: ContextShares = { blurred: 0, soft: 0 };

/** A language model, once it is trained. */
export interface TrainedLanguage<Config = unknown> {
  family: Family<Config, LanguageTower>;
  config: Config;
  tower: LanguageTower;
  tokenizer: Tokenizer;
  parameters: ParameterStore;
}

/** What differs between the kinds. */
interface Kind<Config> {
  family: Family<Config, LanguageTower>;
  config: (tokenizer: Tokenizer) => Config;
  start: (parameters: ParameterStore, config: Config) => void;
  training: TrainingConfig;
  /** Share of the steps before contexts are read in other ways than plainly, and how they are read then. */
  plainSteps: number;
  contexts: ContextShares;
}

const opt = (size: { numHiddenLayers: number; ffnDim: number }): Kind<OptConfig> => ({
  family: OPT,
  config(tokenizer) {
    const [newline] = tokenizer.encode('\n', { addSpecialTokens: false });
    return OPT.readConfig({
      ...size,
      vocabSize: tokenizer.vocabularySize,
      hiddenSize: 96,
      numAttentionHeads: 6,
      maxPositionEmbeddings: 128,
      initStd: 0.1,
      dropout: 0,
      eosTokenId: newline,
    });
  },
  start: startOpt,
  training: TRAINING,
  plainSteps: 0.5,
  contexts: { blurred: 0.2, soft: 0.4 },
});

/** Of version 1.1, as FlanT5. */
const t5: Kind<T5Config> = {
  family: T5,
  config: (tokenizer) =>
    T5.readConfig({
      vocabSize: tokenizer.vocabularySize,
      dModel: 96,
      dKv: 16,
      dFf: 192,
      numLayers: 3,
      numDecoderLayers: 2,
      numHeads: 6,
      feedForwardProj: 'gated-gelu',
      tieWordEmbeddings: false,
      dropoutRate: 0,
    }),
  start: startT5,
  training: { ...TRAINING, steps: 1600, batchSize: 64 },
  plainSteps: 0.4,
  contexts: { blurred: 0.2, soft: 0.6 },
};

const KINDS = {
  opt: opt({ numHiddenLayers: 4, ffnDim: 384 }),
  'opt-small': opt({ numHiddenLayers: 2, ffnDim: 192 }),
  t5,
};

export type LanguageKind = keyof typeof KINDS;

/** What a language model is trained on. */
export interface LanguageTexts {
  /** Of the data: `shapes`. */
  name: string;
  /** What decides the documents, for the recipe's hash. */
  config: JsonObject;
  /** Whether functions of one's own have a part in them. */
  custom?: boolean;
  documents: DocumentSource;
  /** Folder of the tokenizer of a family. */
  tokenizerDir: (modelType: string) => string;
  /** Other hyper-parameters than usual. */
  training?: Partial<TrainingConfig>;
}

/** The recipe of one of them; every hyper-parameter can be overridden when it is trained. */
export function languageTower(name: LanguageKind, texts: LanguageTexts): Recipe<TrainedLanguage> {
  const kind = KINDS[name] as Kind<unknown>;
  const { plainSteps, contexts, training } = kind;
  return {
    name: `${name}-${texts.name}`,
    config: { stage: 'language', kind: name, plainSteps, contexts: { ...contexts }, ...texts.config },
    training: { ...training, ...texts.training },
    custom: texts.custom ?? false,
    prepare: (context) => Promise.resolve(prepare(kind, context.training, texts)),
  };
}

/** Trains one of them and writes it as a Hugging Face folder, tokenizer included, which `loadLanguageModel` opens. */
export async function makeLanguageTower(
  dir: string,
  name: LanguageKind,
  texts: LanguageTexts,
  options: TrainOptions<TrainedLanguage> = {},
): Promise<Run<TrainedLanguage>> {
  const run = await train(languageTower(name, texts), options);
  if (run.interrupted) return run;
  const { family, config, parameters } = run.model;
  savePretrained(dir, family, config, parameters, STORED);
  copyTokenizer(texts.tokenizerDir(family.modelType), dir);
  return run;
}

function prepare<Config>(
  { family, config: configOf, start, plainSteps, contexts }: Kind<Config>,
  { seed, steps, batchSize }: TrainingConfig,
  { documents, tokenizerDir }: LanguageTexts,
): Task<TrainedLanguage<Config>> {
  const tokenizer = Tokenizer.fromFolder(tokenizerDir(family.modelType));
  const config = configOf(tokenizer);
  const tower = family.build(config);
  const parameters = ParameterStore.create(tower.parameters(), seed);
  start(parameters, config);
  const texts = documentTexts(tower, tokenizer, documents);
  return {
    parameters,
    model: { family, config, tower, tokenizer, parameters },
    inputs: (step) => {
      const progress = step / steps;
      const shares = progress < plainSteps ? PLAIN : contexts;
      return texts(step * batchSize, batchSize, { seed, progress, ...shares });
    },
    loss: (w, inputs, rng) => {
      const { promptIds, promptMask, targetIds, targetMask, parts } = inputs;
      const embeddings = readWords(tower.embed(w, promptIds), inputs, rng); // [B, P, D]
      const logits = tower.logits(w, { embeddings, mask: promptMask }, targetIds); // [B, T, V]
      const lossOf = (mask: Tensor) => languageModeling(logits, { ids: targetIds, mask });
      const isPart = (part: number) => tf.cast(tf.equal(parts, tf.scalar(part, 'int32')), 'int32');
      const text = lossOf(targetMask);
      const answers = lossOf(isPart(PART.answer));
      // All of the text counts, answers twice: they are few of the tokens.
      return { loss: tf.add(text, answers), text, answers, captions: lossOf(isPart(PART.caption)) };
    },
  };
}

/** What positions read of words, with noise. embeddings [B, P, D], blend [B, P, P], noise [B, P] → [B, P, D] */
function readWords(embeddings: Tensor, { blend, noise }: Record<string, Tensor>, rng: Rng): Tensor {
  const std = tf.sqrt(tf.mean(tf.square(embeddings)));
  const amount = tf.expandDims(tf.mul(noise, std), 2); // [B, P, 1]
  return tf.add(tf.matMul(blend, embeddings), tf.mul(rng.normal(embeddings.shape, 1), amount));
}
