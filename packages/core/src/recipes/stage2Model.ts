/** A BLIP-2 after stage 2, in front of its frozen vision tower. */
import { splitFeatures, type Features, type ImageTextSplit } from '../data';
import { GeneratingModel, type GeneratingParts } from './generatingModel';

export interface Stage2Parts extends GeneratingParts {
  /** Where features of the frozen tower are kept. */
  cacheDir: string;
}

/** Features are kept from call to call. */
export class Stage2Model extends GeneratingModel {
  private readonly cacheDir: string;
  private readonly known = new WeakMap<ImageTextSplit, Promise<Features>>();

  constructor({ cacheDir, ...parts }: Stage2Parts) {
    super(parts);
    this.cacheDir = cacheDir;
  }

  protected features(split: ImageTextSplit): Promise<Features> {
    let features = this.known.get(split);
    if (!features) {
      features = splitFeatures(this.parts.tower, split, this.cacheDir);
      this.known.set(split, features);
    }
    return features;
  }
}
