/**
 * The captioner of CapFilt: BLIP (Li et al., 2022), which draws several captions of each picture by nucleus sampling.
 * B pictures, S image side, P patches, W width of the image, K samples per picture, T tokens of the prompt.
 */
import { compile, tf, type Tensor } from '../runtime';
import { textOf, TokenGenerator } from '../generate';
import { BLIP, CAPTION_PROMPT, captionPromptIds, type CaptionPrompt } from '../models';
import { loadTower, type TowerOptions } from './tower';

export interface SampleOptions {
  /** K */
  samples: number;
  topP: number;
  maxNewTokens: number;
  seed: number;
}

/** Writes captions. */
export interface Captioner {
  /** S */
  readonly imageSize: number;
  /** Equal hashes, equal captions. */
  readonly hash: string;
  /**
   * K captions of each picture; undefined for one that is broken: empty, or cut off at `maxNewTokens`.
   * @param pixels normalised, [B, S, S, 3]
   */
  sample(pixels: Float32Array, options: SampleOptions): Promise<(string | undefined)[][]>;
  /** Frees weights and compiled functions. */
  dispose(): void;
}

export interface CaptionerOptions extends TowerOptions {
  /** How every caption begins, which is not part of it; as in LAVIS unless given. */
  prompt?: string;
}

/**
 * The BLIP captioner of a folder. Compiles once per number of pictures, `samples` and `maxNewTokens`.
 * @throws Blip2Error if the folder holds none, or not all of it
 */
export function loadCaptioner(dir: string, options: CaptionerOptions = {}): Captioner {
  const { prompt = CAPTION_PROMPT, ...rest } = options;
  const { model, config, weights, tokenizer, hash, dispose } = loadTower(dir, BLIP, 'BLIP captioner', rest);
  const { imageSize } = config.vision;
  const promptIds = captionPromptIds(config, tokenizer.encode(prompt));
  const encode = compile((pixels: Tensor) => model.features(weights, pixels), { name: 'captionerFeatures' });
  const { eos, pad } = model.tokens;
  const generator = new TokenGenerator(model, weights, { eosTokenId: eos, padTokenId: pad });

  /** Pictures, each with the same beginning of a caption. */
  function promptsFor(pixels: Float32Array): CaptionPrompt {
    const count = pixels.length / (imageSize * imageSize * 3);
    const shape: [number, number] = [count, promptIds.length];
    const ids = Array.from({ length: count }, () => promptIds).flat();
    return tf.tidy(() => ({
      features: encode(tf.tensor4d(pixels, [count, imageSize, imageSize, 3])), // [B, P, W]
      ids: tf.tensor2d(ids, shape, 'int32'),
      mask: tf.ones(shape, 'int32'),
    }));
  }

  return {
    imageSize,
    hash: hash({ prompt }),
    async sample(pixels, { samples, ...sampling }) {
      const prompts = promptsFor(pixels);
      try {
        const drawn = { ...sampling, numReturnSequences: samples, doSample: true };
        const texts = await generator.generate(prompts, drawn);
        const read = (text: (typeof texts)[0][0]) => (text.finished && textOf(tokenizer, text)) || undefined;
        return texts.map((ofPicture) => ofPicture.map(read));
      } finally {
        tf.dispose(prompts);
      }
    },
    dispose() {
      encode.dispose();
      generator.dispose();
      dispose();
    },
  };
}
