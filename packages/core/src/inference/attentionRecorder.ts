/**
 * Where the queries of a BLIP-2 look in pictures, and where its language model looks among the queries while it writes.
 * B batch, P patches, W width of the image, Q queries, H heads, L prompt tokens, T tokens that are written.
 */
import { Blip2Error, breathe, compile, tf, type Compiled, type Tensor } from '../runtime';
import { cleanQuestion, type EncodedBatch } from '../text';
import {
  attentionProbes,
  blip2Prompt,
  languageWeights,
  projectQueries,
  queryImages,
  type QueryOptions,
  type Text,
} from '../models';
import { languageModeling } from '../losses';
import type { GenerationOptions, TextGeneration } from '../generate';
import {
  element,
  firstRows,
  lookAt,
  Looks,
  ofPicture,
  readMaps,
  tokenNames,
  type AttentionSource,
  type FurtherSource,
  type LayerMap,
  type Seen,
} from '../attention';
import type { ImageFeatures, ImageTextGenerator, ImageTextParts } from './imageTextGenerator';
import { paddedLength, paddedTo, promptPadding, textTensors } from './paddedText';
import { captionPrompt, questionPrompt } from './prompts';

/** What is recorded beside cross-attention. */
export interface AttendOptions {
  /**
   * What the language model writes, and its attention on the queries at each token: a caption, which goes on from `prompt`
   * if there is one …
   */
  caption?: boolean;
  /** … or the answer to a question, which stands beside the queries too where they read questions … */
  question?: string;
  /** … or what follows a prompt as it is. */
  prompt?: string;
  /** How it is searched for. */
  generation?: Omit<GenerationOptions, 'numReturnSequences'>;
  /** Further maps: `rollout`, and `gradients` of the log-probability of what is written. */
  sources?: readonly FurtherSource[];
}

/** All of a bundle but the picture. */
export type Recorded = Omit<AttentionSource, 'image'>;

/** What the language model wrote after a prompt, and what that is called. */
interface Written {
  prompt: string;
  tokenIds: number[];
  kind: string;
}

type Watch = {
  /** [B, heads, T, Q] of each block. */
  generated: Tensor[];
  /** [B, H, Q, P] */
  gradients?: Record<number, Tensor>;
};
type WatchArguments = [features: Tensor, prompt: Text, target: Text, question: Text | undefined];

export class AttentionRecorder {
  private readonly looks: Looks<[features: Tensor, question: Text | undefined]>;
  private readonly watches: Record<'plain' | 'gradients', Compiled<WatchArguments, Watch>>;

  constructor(
    private readonly parts: ImageTextParts,
    private readonly generator: ImageTextGenerator,
  ) {
    this.looks = new Looks((sources, features, text) =>
      lookAt(
        () => ({ output: this.query(features, { text }) }),
        sources,
        () => ({}),
      ),
    );
    this.watches = {
      plain: compile((...all: WatchArguments) => this.watch(...all), { name: 'watch' }),
      gradients: compile(
        (...all: WatchArguments) => ({ ...this.watch(...all), gradients: this.differentiate(...all) }),
        { name: 'watchGradients' },
      ),
    };
  }

  /**
   * Maps of all images at once, [images, …] each.
   * @param texts questions beside the queries, one for each image
   * @throws Blip2Error if there are questions, but the queries never see one
   */
  async look(
    features: ImageFeatures,
    images: readonly number[],
    texts?: readonly string[],
    sources: readonly FurtherSource[] = [],
  ): Promise<Seen> {
    const question = texts && this.encodeQuestions(texts);
    const values = await features.gather(images);
    return this.looks.see(sources, () => [
      tf.tensor(values, [images.length, ...features.shape]),
      question && textTensors(question),
    ]);
  }

  /** @param texts questions beside the queries, one for each image @throws Blip2Error if options contradict each other */
  async record(
    features: ImageFeatures,
    images: readonly number[],
    texts: readonly string[] | undefined,
    options: AttendOptions,
  ): Promise<Recorded[]> {
    const { question, sources = [] } = options;
    const writes = options.caption === true || question !== undefined || options.prompt !== undefined;
    if (sources.includes('gradients') && !writes) {
      throw wrong('Gradients are of something that is written', 'Ask for a caption, a question or a prompt.');
    }
    if (writes && texts) {
      throw wrong(
        'A text beside the queries, and something to be written',
        'To have a question answered, give `question`.',
      );
    }
    const local = await heldFeatures(features, images);
    const places = images.map((_, place) => place);
    const readsQuestions = this.parts.questionTokenizer !== undefined;
    const beside =
      texts ?? (readsQuestions && question !== undefined ? images.map(() => question) : undefined);
    const written = writes ? await this.write(local, places, options) : [];
    const seen = await this.look(
      local,
      places,
      beside,
      sources.filter((source) => source !== 'gradients'),
    );
    const names = beside && this.namesOf(beside);
    const records: Recorded[] = [];
    for (const place of places) {
      const own = { ...ofPicture(seen, place, { text: names?.[place] }), text: beside?.[place] };
      records.push({ ...own, ...(await this.watched(local, place, own.text, written.at(place), sources)) });
      await breathe();
    }
    return records;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.looks.dispose();
    for (const watch of Object.values(this.watches)) watch.dispose();
  }

  private async write(
    features: ImageFeatures,
    images: readonly number[],
    { caption, question, prompt, generation }: AttendOptions,
  ): Promise<Written[]> {
    const { generator } = this;
    const { model } = this.parts;
    const named = (kind: string, before: string, texts: TextGeneration[][]) =>
      texts.map(([text]) => ({ kind, prompt: before, tokenIds: withoutEnd(text) }));
    if (question !== undefined) {
      const asked = images.map(() => question);
      const answers = await generator.answer(features, images, asked, generation);
      return named('answer', questionPrompt(model, question), answers);
    }
    if (caption) {
      const captions = await generator.caption(features, images, { ...generation, prompt });
      return named('caption', captionPrompt(model, prompt).before, captions);
    }
    const prompts = images.map(() => prompt!);
    return named('text', prompt!, await generator.generate(features, images, prompts, generation));
  }

  /** The language model's attention while it wrote one text, by teacher forcing. */
  private async watched(
    features: ImageFeatures,
    image: number,
    question: string | undefined,
    written: Written | undefined,
    sources: readonly FurtherSource[],
  ): Promise<Pick<Recorded, 'generated' | 'gradients'>> {
    if (!written) return {};
    const { tokenizer } = this.parts;
    const { prompt, tokenIds, kind } = written;
    const values = await features.gather([image]);
    const beside = question === undefined ? undefined : this.encodeQuestions([question]);
    const watch = sources.includes('gradients') ? this.watches.gradients : this.watches.plain;
    const { generated, gradients } = tf.tidy(() => {
      const asked = textTensors(this.encodePrompt(prompt));
      const target = textTensors(this.padTarget(tokenIds, asked.ids.shape[1]!));
      return watch(tf.tensor(values, [1, ...features.shape]), asked, target, beside && textTensors(beside));
    });
    const maps = readMaps(generated).map((map) => firstRows(alone(map), tokenIds.length));
    return {
      generated: { prompt, tokens: tokenNames(tokenizer, tokenIds), maps },
      gradients: gradients && { of: `log-probability of the ${kind}`, maps: readMaps(gradients).map(alone) },
    };
  }

  private query(features: Tensor, options: QueryOptions) {
    return queryImages(this.parts.trained(), this.parts.model, features, options);
  }

  /** What the language model reads. */
  private prompt(queries: Tensor, prompt: Text) {
    const { model, frozen, trained } = this.parts;
    return blip2Prompt(frozen, model, projectQueries(trained(), queries), prompt);
  }

  private watch(features: Tensor, prompt: Text, target: Text, question: Text | undefined): Watch {
    const { language, qformer } = this.parts.model;
    const { queries } = this.query(features, { text: question });
    const read = this.prompt(queries!, prompt);
    const all = language.attentions(languageWeights(this.parts.frozen), read, target.ids); // [B, heads, T, Q + L]
    const count = qformer.numQueryTokens;
    return { generated: all.map((map) => map.slice([0, 0, 0, 0], [-1, -1, -1, count])) };
  }

  /** By the log-probability of the target. */
  private differentiate(features: Tensor, prompt: Text, target: Text, text: Text | undefined) {
    const { language, qformer } = this.parts.model;
    const w = languageWeights(this.parts.frozen);
    const [batch, patches] = features.shape as [number, number];
    const { gradients } = lookAt(
      (probes) => {
        const output = this.query(features, { text, probes });
        const logits = language.logits(w, this.prompt(output.queries!, prompt), target.ids);
        const tokens = tf.sum(target.mask).toFloat();
        return { output, score: tf.neg(languageModeling(logits, target)).mul(tokens) };
      },
      ['gradients'],
      () => attentionProbes(qformer, batch, patches),
    );
    return gradients;
  }

  /** The prompt as generation has it. */
  private encodePrompt(prompt: string): EncodedBatch {
    const { tokenizer, model } = this.parts;
    const maxLength = paddedLength(tokenizer, [prompt]);
    return tokenizer.encodeBatch([prompt], { maxLength, padSide: promptPadding(model.language) });
  }

  /** Padding after the end changes nothing before it; there must be positions for it. */
  private padTarget(tokenIds: readonly number[], promptLength: number): EncodedBatch {
    const { language, qformer } = this.parts.model;
    const room = (language.maxPositions ?? Infinity) - qformer.numQueryTokens - promptLength;
    const length = Math.max(tokenIds.length, paddedTo(tokenIds.length, room));
    const ids = new Int32Array(length).fill(language.tokens.pad);
    ids.set(tokenIds);
    return { ids, mask: ids.map((_, t) => Number(t < tokenIds.length)), shape: [1, length] };
  }

  private encodeQuestions(questions: readonly string[]): EncodedBatch {
    const { questionTokenizer: tokenizer, model } = this.parts;
    if (!tokenizer) {
      throw wrong(
        'The queries of this BLIP-2 read the image alone',
        'Leave the text out, or take a model that was fine-tuned for questions with them beside its queries.',
      );
    }
    const texts = questions.map((question) => cleanQuestion(question));
    return tokenizer.encodeBatch(texts, {
      maxLength: paddedLength(tokenizer, texts, model.qformer.maxPositionEmbeddings),
    });
  }

  /** Tokens of each question, without padding. */
  private namesOf(questions: readonly string[]): string[][] {
    const { ids, mask, shape } = this.encodeQuestions(questions);
    const tokenizer = this.parts.questionTokenizer!;
    return questions.map((_, i) => {
      const row = ids.slice(i * shape[1], (i + 1) * shape[1]);
      return tokenNames(
        tokenizer,
        row.filter((_id, t) => mask[i * shape[1] + t] === 1),
      );
    });
  }
}

/** The tokens that can be read; of a text that is nothing but its end, the end. */
const withoutEnd = ({ tokenIds, finished }: TextGeneration): number[] =>
  finished && tokenIds.length > 1 ? tokenIds.slice(0, -1) : tokenIds;

/** Of a batch of one. */
const alone = (map: LayerMap) => element(map, 0);

const wrong = (message: string, hint: string) => new Blip2Error(message, { hint, exitCode: 2 });

/** Features that are computed once, under their places in `images`. */
async function heldFeatures(features: ImageFeatures, images: readonly number[]): Promise<ImageFeatures> {
  const all = await features.gather(images);
  const size = all.length / images.length;
  return {
    shape: features.shape,
    gather(places) {
      const chosen = new Float32Array(places.length * size);
      Array.from(places, (place, row) =>
        chosen.set(all.subarray(place * size, (place + 1) * size), row * size),
      );
      return chosen;
    },
  };
}
