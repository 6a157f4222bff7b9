/**
 * The two passes of a retrieval evaluation over its images: one that encodes each, keeps its features on disk and compares it
 * with all texts; one that matches it with its candidates of both directions. Each goes on from where it was.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { breathe, tf, type Tensor } from '../../runtime';
import { decodeImage } from '../../image';
import type { JsonObject } from '../../checkpoints';
import type { PairScorer, TextTable } from '../../inference';
import type { CaptionImage, SampleId } from '../../data';
import { rerank, topColumns, transpose } from '../ranking';
import { leftOut } from './askPictures';
import { isSkipped, type SetEvaluationOptions, type SkippedPicture } from './evaluation';
import { NumberFile } from './numberFile';
import { pictureChunks } from './pictureChunks';
import { ResultsFile } from './resultsFile';
import { poolOf, type BothWays, type Pool, type PoolText } from './retrievalPool';

/** Images that are encoded at once. */
const PICTURES = 16;
/** What features may take on disk; images beyond are encoded a second time. */
const FEATURE_BYTES = 32 * 2 ** 30;

/** How retrieval is measured. */
export interface RetrievalSetOptions extends SetEvaluationOptions {
  /** Candidates ranked anew in each direction; 128 as in the paper unless given, 0: none. */
  k?: number;
  /** Bytes that features may take on disk while it runs; 32 GiB unless given. */
  featureBytes?: number;
}

/** ITC of an image that was encoded. */
interface Encoded {
  image: SampleId;
}

/** ITM of an image and its candidates. */
interface Matched {
  texts: number[];
  logits: number[];
}

/** Of one evaluation. */
export class RetrievalPasses {
  private readonly paths;

  constructor(
    private readonly scorer: PairScorer,
    private readonly images: readonly CaptionImage[],
    private readonly table: TextTable,
    private readonly options: RetrievalSetOptions,
  ) {
    this.paths = { features: join(options.out, 'features.f32'), itc: join(options.out, 'similarities.f32') };
  }

  /** ITC of all images; features stay on disk for the second pass. */
  async encode(identity: JsonObject, texts: readonly PoolText[]) {
    const { scorer, images, table, options } = this;
    const results = ResultsFile.open<Encoded | SkippedPicture>(options.out, identity, 'encoded');
    const features = this.featureFile(results.done);
    const similarities = new NumberFile(this.paths.itc, texts.length, results.done);
    const vectors = results.done < images.length ? await scorer.textVectors(table) : undefined;
    try {
      const places = new Map(images.map((image, place) => [image, place]));
      for await (const chunk of pictureChunks(images, results.done, PICTURES, scorer.imageSize)) {
        const { pictures, skipped, next } = chunk;
        if (pictures.length > 0) {
          const seen = await scorer.features(pictures.map(({ pixels }) => pixels));
          const rows = scorer.cosines(seen, vectors!);
          const own = seen.dataSync<'float32'>();
          seen.dispose();
          pictures.forEach(({ image }, i) => {
            const place = places.get(image)!;
            if (place < this.kept) features.write(place, rowOf(own, i, pictures.length));
            similarities.write(place, rowOf(rows, i, pictures.length));
          });
        }
        results.append(
          [...pictures.map(({ image }) => ({ image: image.id })), ...skipped.map(leftOut)],
          next,
        );
        options.onProgress?.(next, 2 * images.length);
        if (options.signal?.aborted) break;
      }
      const skipped = results.read().filter(isSkipped);
      const gone = new Set(skipped.map(({ image }) => image));
      const good = images.flatMap(({ id }, place) => (gone.has(id) || place >= results.done ? [] : [place]));
      const pool = poolOf(good, texts, images.length, (place) => similarities.read(place));
      return { pool, skipped, complete: results.done >= images.length };
    } finally {
      vectors?.dispose();
      results.close();
      features.close();
      similarities.close();
    }
  }

  /** ITM of each image with its candidates of both directions. @returns undefined if it was stopped */
  async match(identity: JsonObject, pool: Pool, k: number): Promise<BothWays | undefined> {
    const { scorer, table, images, options } = this;
    const toImage = transpose(pool.toText);
    const [ofImages, ofTexts] = [topColumns(pool.toText, k), topColumns(toImage, k)];
    const candidates = ofImages.map((list) => new Set(list));
    ofTexts.forEach((list, text) => list.forEach((image) => candidates[image].add(text)));
    const results = ResultsFile.open<Matched>(options.out, identity, 'matched');
    const features = this.featureFile(images.length);
    try {
      for (let at = results.done; at < pool.images.length; at++) {
        const place = pool.images[at];
        const seen = place < this.kept ? this.tensorOf(features.read(place)) : await this.encodeAgain(place);
        const texts = [...candidates[at]].sort((a, b) => a - b);
        const chosen = texts.map((text) => pool.texts[text]);
        const logits = await scorer.matchLogits(seen, table, chosen).finally(() => seen.dispose());
        results.append([{ texts, logits: texts.map((_, i) => logits[2 * i + 1]) }], at + 1);
        options.onProgress?.(images.length + at + 1, 2 * images.length);
        await breathe();
        if (options.signal?.aborted && at + 1 < pool.images.length) return undefined;
      }
      const logits = results.read().map((one) => new Map(one.texts.map((text, i) => [text, one.logits[i]])));
      const logit = (image: number, text: number) => logits[image].get(text)!;
      return [
        rerank(pool.toText, ofImages, logit),
        rerank(toImage, ofTexts, (text, image) => logit(image, text)),
      ];
    } finally {
      results.close();
      features.close();
    }
  }

  /** Features are of no use once all is measured. */
  clear(): void {
    rmSync(this.paths.features, { force: true });
  }

  /** How many images' features are kept: as many as there is room for, from the first on. */
  private get kept(): number {
    const [patches, width] = this.scorer.featureShape;
    return Math.floor((this.options.featureBytes ?? FEATURE_BYTES) / (patches * width * 4));
  }

  private featureFile(done: number): NumberFile {
    const [patches, width] = this.scorer.featureShape;
    return new NumberFile(this.paths.features, patches * width, Math.min(done, this.kept));
  }

  /** [1, P, W] */
  private tensorOf(features: Float32Array): Tensor {
    return tf.tensor(features, [1, ...this.scorer.featureShape]);
  }

  private async encodeAgain(place: number): Promise<Tensor> {
    const { imageSize } = this.scorer;
    const data = await decodeImage(this.images[place].path, imageSize);
    return this.scorer.features([{ width: imageSize, height: imageSize, data }]); // [1, P, W]
  }
}

function rowOf(values: Float32Array, row: number, rows: number): Float32Array {
  const width = values.length / rows;
  return values.subarray(row * width, (row + 1) * width);
}
