/**
 * Image encoder and Q-Former fine-tuned for retrieval, ready to be asked.
 * B batch, S image side, P patches, W vision width.
 */
import { compile, type Tensor } from '../runtime';
import { Weights } from '../nn';
import type { VisionTower } from '../models';
import { freshFeatures, type Features, type ImageEncoder, type ImageTextSplit } from '../data';
import { ImageTextModel, type ImageTextParts } from './imageTextModel';

export interface RetrievalTunedParts extends ImageTextParts {
  /** The encoder whose weights are among the parameters. */
  vision: VisionTower;
}

export class RetrievalTunedModel extends ImageTextModel {
  readonly vision: VisionTower;
  private readonly encoder: ImageEncoder;

  constructor({ vision, ...parts }: RetrievalTunedParts) {
    super(parts);
    this.vision = vision;
    const { patchSize, hiddenSize } = vision;
    const encode = compile(
      (pixels: Tensor) => vision.features(new Weights(this.parameters.readAll()), pixels), // [B, P, W]
      { name: 'trainedVisionTower' },
    );
    this.encoder = { patchSize, hiddenSize, encode };
  }

  /** Computed at every call: the encoder may have been trained further. */
  protected features(split: ImageTextSplit): Promise<Features> {
    return freshFeatures(this.encoder, split);
  }
}
