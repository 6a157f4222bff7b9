/** A BLIP-2 fine-tuned for captions or for questions: its image encoder is among what was trained. */
import { freshFeatures, type Features, type ImageTextSplit } from '../data';
import { GeneratingModel, type GeneratingParts } from './generatingModel';
import { trainedEncoder } from './trainedVision';

/** A BLIP-2 whose image encoder was trained too: its features are computed anew at every call. */
export class FinetunedModel extends GeneratingModel {
  private readonly encoder;

  constructor(parts: GeneratingParts) {
    super(parts);
    this.encoder = trainedEncoder(parts.model.vision, parts.parameters);
    this.owns(this.encoder);
  }

  /** Computed at every call: the encoder may have been trained further. */
  protected features(split: ImageTextSplit): Promise<Features> {
    return freshFeatures(this.encoder, split);
  }
}
