/** A Q-Former after stage 1, in front of its frozen vision tower. */
import { splitFeatures, type Features, type FrozenVisionTower, type ImageTextSplit } from '../data';
import { ImageTextModel, type ImageTextParts } from './imageTextModel';

export interface Stage1Parts extends ImageTextParts {
  tower: FrozenVisionTower;
  /** Where features of the tower are kept. */
  cacheDir: string;
}

export class Stage1Model extends ImageTextModel {
  readonly tower: FrozenVisionTower;
  private readonly cacheDir: string;

  constructor({ tower, cacheDir, ...parts }: Stage1Parts) {
    super(parts);
    this.tower = tower;
    this.cacheDir = cacheDir;
  }

  protected features(split: ImageTextSplit): Promise<Features> {
    return splitFeatures(this.tower, split, this.cacheDir);
  }
}
