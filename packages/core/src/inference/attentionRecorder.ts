/**
 * Where the queries of a BLIP-2 look in pictures, and where its language model looks among the queries while it writes.
 * P patches, W width of the image.
 */
import { Blip2Error, breathe, tf, type Tensor } from '../runtime';
import { queryImages, type Text } from '../models';
import type { GenerationOptions, TextGeneration } from '../generate';
import { lookAt, Looks, ofPicture, type AttentionSource, type FurtherSource, type Seen } from '../attention';
import { encodeQuestions } from './besideText';
import type { ImageFeatures, ImageTextGenerator, ImageTextParts } from './imageTextGenerator';
import { LanguageWatch, type Written } from './languageWatch';
import { textTensors } from './paddedText';
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

/** Records what `attend` gives back. Compiled functions are kept: make it once per model, and `dispose` it. */
export class AttentionRecorder {
  private readonly looks: Looks<[features: Tensor, question: Text | undefined]>;
  private readonly language: LanguageWatch;

  constructor(
    private readonly parts: ImageTextParts,
    private readonly generator: ImageTextGenerator,
  ) {
    const { trained, model } = parts;
    this.looks = new Looks((sources, features, text) =>
      lookAt(
        () => ({ output: queryImages(trained(), model, features, { text }) }),
        sources,
        () => ({}),
      ),
    );
    this.language = new LanguageWatch(parts);
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
    const question = texts && encodeQuestions(this.parts, texts);
    const values = await features.gather(images);
    return this.looks.see(sources, () => [
      tf.tensor(values, [images.length, ...features.shape]),
      question && textTensors(question),
    ]);
  }

  /**
   * All that is asked for, of each image.
   * @param texts questions beside the queries, one for each image
   * @throws Blip2Error if options contradict each other
   */
  async record(
    features: ImageFeatures,
    images: readonly number[],
    texts: readonly string[] | undefined,
    options: AttendOptions,
  ): Promise<Recorded[]> {
    const { question, sources = [] } = options;
    const writes = checkOptions(options, texts);
    const local = await heldFeatures(features, images);
    const places = images.map((_, place) => place);
    const isRead = this.parts.questionTokenizer !== undefined && question !== undefined;
    const beside = texts ?? (isRead ? images.map(() => question) : undefined);
    const names = beside && encodeQuestions(this.parts, beside).names;
    const written = writes ? await this.write(local, places, options) : [];
    const inOnePass = sources.filter((source) => source !== 'gradients');
    const seen = await this.look(local, places, beside, inOnePass);
    const records: Recorded[] = [];
    for (const place of places) {
      const own = { ...ofPicture(seen, place, { text: names?.[place] }), text: beside?.[place] };
      records.push({ ...own, ...(await this.watch(local, place, own.text, written.at(place), sources)) });
      await breathe();
    }
    return records;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.looks.dispose();
    this.language.dispose();
  }

  private async write(
    features: ImageFeatures,
    images: readonly number[],
    { caption, question, prompt, generation }: AttendOptions,
  ): Promise<NamedText[]> {
    const { generator } = this;
    const { model } = this.parts;
    const named = (kind: string, before: string, texts: TextGeneration[][]): NamedText[] =>
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

  private async watch(
    features: ImageFeatures,
    image: number,
    question: string | undefined,
    written: NamedText | undefined,
    sources: readonly FurtherSource[],
  ): Promise<Pick<Recorded, 'generated' | 'gradients'>> {
    if (!written) return {};
    const values = await features.gather([image]);
    const beside = question === undefined ? undefined : encodeQuestions(this.parts, [question]);
    const { tokens, maps, gradients } = this.language.see(
      () => tf.tensor(values, [1, ...features.shape]),
      written,
      beside,
      sources.includes('gradients'),
    );
    return {
      generated: { prompt: written.prompt, tokens, maps },
      gradients: gradients && { of: `log-probability of the ${written.kind}`, maps: gradients },
    };
  }
}

/** A text, and what it is called. */
type NamedText = Written & { kind: string };

/** @returns whether something is to be written */
function checkOptions(
  { caption, question, prompt, sources = [] }: AttendOptions,
  texts: readonly string[] | undefined,
): boolean {
  const writes = caption === true || question !== undefined || prompt !== undefined;
  const refuse = (message: string, hint: string) => new Blip2Error(message, { hint, exitCode: 2 });
  if (sources.includes('gradients') && !writes) {
    throw refuse('Gradients are of something that is written', 'Ask for a caption, a question or a prompt.');
  }
  if (question !== undefined && (caption === true || prompt !== undefined)) {
    throw refuse('A question, and something else to be written', 'One thing at a time: `question` alone.');
  }
  if (writes && texts) {
    throw refuse(
      'A text beside the queries, and something to be written',
      'To have a question answered, give `question` alone.',
    );
  }
  return writes;
}

/** The tokens that can be read; of a text that is nothing but its end, the end. */
const withoutEnd = ({ tokenIds, finished }: TextGeneration): number[] =>
  finished && tokenIds.length > 1 ? tokenIds.slice(0, -1) : tokenIds;

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
