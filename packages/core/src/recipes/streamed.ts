/**
 * Training on pictures that are read as they are needed: each step's are decoded and cropped in other threads. In
 * pre-training the frozen vision tower sees them before the step begins; in fine-tuning the step itself does.
 * b own rows of a batch, S image side, P patches, W vision width.
 */
import { tf, type Tensor } from '../runtime';
import { normalise } from '../image';
import type { HostTensor } from '../checkpoints';
import {
  describeFaults,
  heldOut,
  openSource,
  PictureLoader,
  type FrozenVisionTower,
  type ImageTextSplit,
  type PictureBatch,
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

/** Own rows of a step. */
export interface StreamedRows extends Omit<PictureBatch, 'pixels' | 'ids'> {
  /** Normalised [b, S, S, 3]; written over when the next step's are asked for. */
  pixels: HostTensor & { data: Float32Array };
}

/** Pictures of streamed data, step by step. */
export interface PictureStream {
  batch(step: number): Promise<StreamedRows>;
  /** What is held out, if anything is. */
  validation?: ImageTextSplit;
  dispose(): Promise<void>;
}

/** What a step of pre-training reads of streamed data. */
export interface Stream extends Omit<PictureStream, 'batch'> {
  /** Features [b, P, W] on the device, which the caller owns, and a caption of each, cleaned up. */
  batch(step: number): Promise<{ image: Tensor; captions: string[] }>;
}

/** How pictures of a recipe are drawn and seen. */
export interface StreamSettings {
  /** S; the tower's own unless given. */
  imageSize?: number;
  heldOut?: number;
}

/** @throws Blip2Error if there are too few pictures */
export async function openPictures(
  { source, stream }: StreamedDataset,
  { imageSize, heldOut: count = 0 }: StreamSettings & { imageSize: number },
  { training, share, note }: PrepareContext,
): Promise<PictureStream> {
  const { batchSize, seed } = training;
  if (count > 0) note(`Decoding ${count} pictures that are held out (${source.name})`);
  const validation = count > 0 ? await heldOut(source, { count, imageSize }) : undefined;
  const options = { batchSize, seed, imageSize, augment: true, share, without: validation?.indices };
  const loader = new PictureLoader(source, { ...options, ...stream });
  // A step is over before the next one's pictures are asked for, so all are written to the same place.
  const bytes = new Uint8Array(loader.batchBytes);
  const data = new Float32Array(bytes.length);
  return {
    validation,
    async batch(step) {
      const { pixels, captions, questions, indices } = await loader.batch(step, bytes);
      const shape = [captions.length, imageSize, imageSize, 3];
      return { pixels: { shape, data: normalise(pixels, data) }, captions, questions, indices };
    },
    async dispose() {
      for (const fault of describeFaults(loader.skipped)) note(`Passed over: ${fault}`);
      await loader.dispose();
    },
  };
}

/** The same, seen by a frozen tower. @throws Blip2Error if there are too few pictures */
export async function openStream(
  data: StreamedDataset,
  tower: FrozenVisionTower,
  { imageSize = tower.imageSize, heldOut }: StreamSettings,
  context: PrepareContext,
): Promise<Stream> {
  const pictures = await openPictures(data, { imageSize, heldOut }, context);
  return {
    ...pictures,
    async batch(step) {
      const { pixels, captions } = await pictures.batch(step);
      const image = tf.tidy(() => tower.encode(tf.tensor(pixels.data, pixels.shape))); // [b, P, W]
      return { image, captions };
    },
  };
}
