/** A model asked about a set's pictures, some at a time; what it said is on disk before the next ones. */
import type { JsonObject } from '../../checkpoints';
import type { SetImage } from '../../data';
import { isSkipped, type SetEvaluationOptions, type SkippedPicture } from './evaluation';
import { pictureChunks, type PictureChunk } from './pictureChunks';
import { ResultsFile } from './resultsFile';

/** Pictures that are asked about at once: what a killed evaluation loses. */
const PICTURES = 32;

/** Of the pictures that an evaluation is about, what is known by now. */
export interface Asked<I, R> {
  images: readonly I[];
  records: R[];
  skipped: SkippedPicture[];
  /** False where it was stopped before the last picture. */
  complete: boolean;
}

/**
 * Goes on where the results in `out` end.
 * @param ask the records of some pictures
 * @throws Blip2Error if the folder holds results of something else
 */
export async function askPictures<I extends SetImage, R extends object>(
  { imageSize: side }: { imageSize: number },
  set: { identity: string; images: readonly I[] },
  generation: JsonObject,
  { model, out, limit, onProgress, signal }: SetEvaluationOptions,
  ask: (pictures: PictureChunk<I>['pictures']) => Promise<R[]>,
): Promise<Asked<I, R>> {
  const images = set.images.slice(0, limit);
  const identity = { model, set: set.identity, pictures: images.length, generation, side };
  const results = ResultsFile.open<R | SkippedPicture>(out, identity);
  try {
    for await (const { pictures, skipped, next } of pictureChunks(images, results.done, PICTURES, side)) {
      results.append([...(await ask(pictures)), ...skipped.map(leftOut)], next);
      onProgress?.(next, images.length);
      if (signal?.aborted) break;
    }
    const all = results.read();
    return {
      images,
      records: all.filter((one): one is R => !isSkipped(one)),
      skipped: all.filter(isSkipped),
      complete: results.done >= images.length,
    };
  } finally {
    results.close();
  }
}

/** A picture that could not be decoded, as results name it. */
export const leftOut = ({ image, reason }: PictureChunk<SetImage>['skipped'][0]): SkippedPicture => ({
  image: image.id,
  file: image.path,
  skipped: reason,
});
