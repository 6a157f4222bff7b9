/**
 * Training on pictures that are read as they are needed: each step's are decoded and cropped in other threads, and seen by
 * the frozen vision tower before the step begins.
 * b own rows of a batch, S image side, P patches, W vision width.
 */
import { tf, type Tensor } from '../runtime';
import { normalise } from '../image';
import {
  describeFaults,
  heldOut,
  openSource,
  PictureLoader,
  type FrozenVisionTower,
  type ImageTextSplit,
} from '../data';
import type { PrepareContext } from '../train';
import type { StreamedDataset, StreamOptions } from './streamedOptions';

/**
 * Opens pictures on disk for training: shards, a public set, a folder, a mix of them (docs/pretraining.md).
 * @throws Blip2Error naming what cannot be read
 */
export async function streamed(specification: string, stream: StreamOptions = {}): Promise<StreamedDataset> {
  const source = await openSource(specification);
  return {
    name: 'streamed',
    specification,
    options: { identity: source.identity },
    source,
    stream,
  };
}

/** What a step reads of streamed data. */
export interface Stream {
  /** Features [b, P, W] on the device, which the caller owns, and a caption of each, cleaned up. */
  batch(step: number): Promise<{ image: Tensor; captions: string[] }>;
  /** What is held out, if anything is. */
  validation?: ImageTextSplit;
  dispose(): Promise<void>;
}

/** How pictures of a recipe are drawn and seen. */
export interface StreamSettings {
  /** S; the tower's own unless given. */
  imageSize?: number;
  heldOut?: number;
}

/** @throws Blip2Error if there are too few pictures */
export async function openStream(
  { source, stream }: StreamedDataset,
  tower: FrozenVisionTower,
  { imageSize = tower.imageSize, heldOut: count = 0 }: StreamSettings,
  { training, share, note }: PrepareContext,
): Promise<Stream> {
  const { batchSize, seed } = training;
  if (count > 0) note(`Decoding ${count} pictures that are held out (${source.name})`);
  const validation = count > 0 ? await heldOut(source, { count, imageSize }) : undefined;
  const options = { batchSize, seed, imageSize, augment: true, share, without: validation?.indices };
  const loader = new PictureLoader(source, { ...options, ...stream });
  return {
    validation,
    async batch(step) {
      const { pixels, captions } = await loader.batch(step);
      const shape: [number, number, number, number] = [captions.length, imageSize, imageSize, 3];
      const image = tf.tidy(() => tower.encode(tf.tensor4d(normalise(pixels), shape))); // [b, P, W]
      return { image, captions };
    },
    async dispose() {
      for (const fault of describeFaults(loader.skipped)) note(`Passed over: ${fault}`);
      await loader.dispose();
    },
  };
}
