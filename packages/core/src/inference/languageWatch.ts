/**
 * Where the language model of a BLIP-2 looks among its queries while it writes a text that is known, by teacher forcing;
 * and which patches the text's probability hangs on.
 * B batch, P patches, W width of the image, Q queries, H heads, L prompt tokens, T tokens that are written.
 */
import { compile, tf, type Compiled, type Tensor } from '../runtime';
import type { EncodedBatch } from '../text';
import {
  attentionProbes,
  blip2Prompt,
  languageWeights,
  projectQueries,
  queryImages,
  type Prompt,
  type Text,
} from '../models';
import { languageModeling } from '../losses';
import { element, firstRows, lookAt, readMaps, tokenNames, type LayerMap } from '../attention';
import type { ImageTextParts } from './imageTextGenerator';
import { paddedLength, paddedTo, promptPadding, textTensors } from './paddedText';

/** What the language model wrote after a prompt. */
export interface Written {
  prompt: string;
  tokenIds: readonly number[];
}

/** [heads, T, Q] of each block; with gradients [H, Q, 1 + P] of each block that reads the image. */
export interface Watched {
  tokens: string[];
  maps: LayerMap[];
  gradients?: LayerMap[];
}

type Maps = {
  /** [B, heads, T, Q] of each block. */
  toQueries: Tensor[];
  /** [B, H, Q, 1 + P] */
  gradients?: Record<number, Tensor>;
};
type Arguments = [features: Tensor, prompt: Text, target: Text, question: Text | undefined];

/** Watches a language model write. Compiled functions are kept: make it once per model, and `dispose` it. */
export class LanguageWatch {
  private readonly plain: Compiled<Arguments, Maps>;
  private readonly differentiated: Compiled<Arguments, Maps>;

  constructor(private readonly parts: ImageTextParts) {
    this.plain = compile((...all: Arguments) => ({ toQueries: this.attend(...all) }), { name: 'watch' });
    this.differentiated = compile(
      (...all: Arguments) => ({ toQueries: this.attend(...all), gradients: this.differentiate(...all) }),
      { name: 'watchGradients' },
    );
  }

  /** @param features of one image [1, P, W], made when they are needed @param question beside the queries */
  see(
    features: () => Tensor,
    { prompt, tokenIds }: Written,
    question: EncodedBatch | undefined,
    withGradients: boolean,
  ): Watched {
    const watch = withGradients ? this.differentiated : this.plain;
    const { toQueries, gradients } = tf.tidy(() => {
      const asked = textTensors(this.encodePrompt(prompt));
      const target = textTensors(this.padTarget(tokenIds, asked.ids.shape[1]!));
      return watch(features(), asked, target, question && textTensors(question));
    });
    return {
      tokens: tokenNames(this.parts.tokenizer, tokenIds),
      maps: readMaps(toQueries).map((map) => firstRows(element(map, 0), tokenIds.length)),
      gradients: gradients && readMaps(gradients).map((map) => element(map, 0)),
    };
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.plain.dispose();
    this.differentiated.dispose();
  }

  private attend(features: Tensor, prompt: Text, target: Text, text: Text | undefined): Tensor[] {
    const { frozen, trained, model } = this.parts;
    const { queries } = queryImages(trained(), model, features, { text });
    const read = this.read(queries!, prompt);
    const all = model.language.attentions(languageWeights(frozen), read, target.ids); // [B, heads, T, Q + L]
    return all.map((map) => map.slice([0, 0, 0, 0], [-1, -1, -1, model.qformer.numQueryTokens]));
  }

  /** Of the log-probability of the target. */
  private differentiate(features: Tensor, prompt: Text, target: Text, text: Text | undefined) {
    const { frozen, trained, model } = this.parts;
    const [batch, patches] = features.shape as [number, number];
    const look = lookAt(
      (probes) => {
        const output = queryImages(trained(), model, features, { text, probes });
        const read = this.read(output.queries!, prompt);
        const logits = model.language.logits(languageWeights(frozen), read, target.ids);
        const tokens = tf.sum(target.mask).toFloat();
        return { output, score: tf.neg(languageModeling(logits, target)).mul(tokens) };
      },
      ['gradients'],
      () => attentionProbes(model.qformer, batch, patches),
    );
    return look.gradients;
  }

  /** What the language model reads. */
  private read(queries: Tensor, prompt: Text): Prompt {
    const { frozen, trained, model } = this.parts;
    return blip2Prompt(frozen, model, projectQueries(trained(), queries), prompt);
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
}
