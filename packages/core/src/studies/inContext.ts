/**
 * In-context examples (section 5 of the paper): pictures with their questions and answers stand in one prompt before the
 * picture that is asked about, as Flamingo has it. No picture but the asked one needs to be there: words alone will do.
 * B batch, P patches, W width of the image, Q queries, L positions of a prompt, D width of the language model.
 */
import { Blip2Error, compile, computeValues, tf, type Tensor } from '../runtime';
import { Weights } from '../nn';
import { softPrompts, type Prompt } from '../models';
import { textOf, TokenGenerator, type GenerationOptions } from '../generate';
import { filledBatches } from '../inference';
import { splitFeatures, type ImageTextSplit } from '../data';
import type { Stage2Model } from '../recipes';

/** A picture of a split. */
export interface Picture {
  split: ImageTextSplit;
  index: number;
}

/** What stands in a prompt, in this order: what the queries read in a picture, or words. */
export type Piece = Picture | string;

const BATCH = 32;
const IMAGES = 64;
/** Prompts are padded to a multiple of this, so that few lengths are compiled. */
const LENGTH_STEP = 16;

/** A finished model, given prompts in which pictures and words take turns. */
export class InContext {
  private readonly generator: TokenGenerator<Prompt>;
  private readonly queries;
  /** Soft prompts of the pictures that came up, row-major [Q, D]. */
  private readonly soft = new Map<ImageTextSplit, Map<number, Float32Array>>();
  private readonly words = new Map<number, Float32Array>();

  /** @param cacheDir where features of the vision tower are kept */
  constructor(
    private readonly model: Stage2Model,
    private readonly cacheDir: string,
  ) {
    const { language, model: blip2, parameters } = model.parts;
    const { eos, pad } = language.tower.tokens;
    const tokens = { eosTokenId: eos, padTokenId: pad };
    this.generator = new TokenGenerator(language.tower, language.weights, tokens);
    this.queries = compile(
      (features: Tensor) => softPrompts(new Weights(parameters.readAll()), blip2, features),
      { name: 'softPrompts' },
    );
  }

  /** What the language model writes after each prompt. */
  async generate(prompts: readonly (readonly Piece[])[], options: GenerationOptions): Promise<string[]> {
    const { tokenizer, tower } = this.model.parts.language;
    const rows = await this.embedded(prompts);
    const longest = rows.reduce((most, { length }) => Math.max(most, length / tower.hiddenSize), 1);
    const room = (tower.maxPositions ?? Infinity) - (options.maxNewTokens ?? 0);
    if (longest > room) {
      throw new Blip2Error(`A prompt has ${longest} positions, the language model's room is ${room}`, {
        hint: 'Give fewer examples.',
      });
    }
    const length = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
    const texts: string[] = [];
    for (const { rows: batch, real } of filledBatches(rows.length, BATCH)) {
      const some = batch.map((row) => rows[row]);
      const prompt = this.padded(some, length);
      const written = await this.generator.generate(prompt, options).finally(() => tf.dispose(prompt));
      texts.push(...written.slice(0, real).map(([best]) => textOf(tokenizer, best)));
    }
    return texts;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.generator.dispose();
    this.queries.dispose();
  }

  /** Each prompt as one row of embeddings, row-major [positions, D]. */
  private async embedded(prompts: readonly (readonly Piece[])[]): Promise<Float32Array[]> {
    const { tokenizer } = this.model.parts.language;
    // What ends a text (T5's `</s>`) stands behind the last words alone.
    const idsOf = (text: string, isLast: boolean) => {
      const ids = tokenizer.encode(text);
      const plain = tokenizer.encode(text, { addSpecialTokens: false });
      return isLast ? ids : ids.slice(0, ids.lastIndexOf(plain[plain.length - 1]) + 1);
    };
    const pieces = prompts.map((prompt) =>
      prompt.map((piece, i) => (typeof piece === 'string' ? idsOf(piece, i === prompt.length - 1) : piece)),
    );
    const isWords = (piece: number[] | Picture): piece is number[] => Array.isArray(piece);
    const all = pieces.flat();
    await this.readPictures(all.flatMap((piece) => (isWords(piece) ? [] : piece)));
    this.readWords(all.filter(isWords).flat());
    const valuesOf = (piece: number[] | Picture) =>
      isWords(piece)
        ? piece.map((id) => this.words.get(id)!)
        : [this.soft.get(piece.split)!.get(piece.index)!];
    return pieces.map((row) => concatenated(row.flatMap(valuesOf)));
  }

  private readWords(ids: readonly number[]): void {
    const { tower, weights } = this.model.parts.language;
    const missing = [...new Set(ids)].filter((id) => !this.words.has(id));
    if (missing.length === 0) return;
    const width = tower.hiddenSize;
    const values = computeValues(() => tower.embed(weights, tf.tensor2d([missing], undefined, 'int32'))); // [1, ids, D]
    missing.forEach((id, i) => this.words.set(id, values.slice(i * width, (i + 1) * width)));
  }

  private async readPictures(pictures: readonly Picture[]): Promise<void> {
    for (const split of new Set(pictures.map((picture) => picture.split))) {
      const known = this.soft.get(split) ?? new Map<number, Float32Array>();
      this.soft.set(split, known);
      const asked = pictures.filter((picture) => picture.split === split).map(({ index }) => index);
      const missing = [...new Set(asked)].filter((index) => !known.has(index));
      if (missing.length === 0) continue;
      const features = await splitFeatures(this.model.parts.tower, split, this.cacheDir);
      for (const { rows, real } of filledBatches(missing.length, IMAGES)) {
        const batch = features.gather(rows.map((row) => missing[row])); // [B, P, W]
        const values = computeValues(() => this.queries(tf.tensor(batch, [rows.length, ...features.shape]))); // [B, Q, D]
        const size = values.length / rows.length;
        const own = rows.slice(0, real);
        own.forEach((row, i) => known.set(missing[row], values.slice(i * size, (i + 1) * size)));
      }
    }
  }

  /** On the side on which the language model's text does not go on: embeddings [B, L, D]. */
  private padded(rows: readonly Float32Array[], length: number): Prompt {
    const { architecture, hiddenSize: width } = this.model.parts.language.tower;
    const embeddings = new Float32Array(rows.length * length * width);
    const mask = new Int32Array(rows.length * length);
    rows.forEach((row, i) => {
      const positions = row.length / width;
      const start = i * length + (architecture === 'decoder-only' ? length - positions : 0);
      embeddings.set(row, start * width);
      mask.fill(1, start, start + positions);
    });
    return {
      embeddings: tf.tensor3d(embeddings, [rows.length, length, width]),
      mask: tf.tensor2d(mask, [rows.length, length], 'int32'),
    };
  }
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
