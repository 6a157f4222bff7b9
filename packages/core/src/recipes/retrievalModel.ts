/**
 * Image encoder and Q-Former fine-tuned for retrieval, ready to be asked.
 */
import type { VisionTower } from '../models';
import { freshFeatures, type Features, type ImageTextSplit } from '../data';
import { ImageTextModel, type ImageTextParts } from './imageTextModel';
import { trainedEncoder } from './trainedVision';

export interface RetrievalTunedParts extends ImageTextParts {
  /** The encoder whose weights are among the parameters. */
  vision: VisionTower;
}

export class RetrievalTunedModel extends ImageTextModel {
  readonly vision: VisionTower;
  private readonly encoder;

  constructor({ vision, ...parts }: RetrievalTunedParts) {
    super(parts);
    this.vision = vision;
    this.encoder = trainedEncoder(vision, this.parameters);
    this.owns(this.encoder);
  }

  /** Computed at every call: the encoder may have been trained further. */
  protected features(split: ImageTextSplit): Promise<Features> {
    return freshFeatures(this.encoder, split);
  }
}
