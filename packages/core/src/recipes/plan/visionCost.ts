/** What a vision tower costs. P patches, W width, F feed-forward width, H heads. */
import { tokenCount, type TowerConfig, type VisionTower } from '../../models';
import { attentionOperations, blocksOf, feedForwardOf, headsOf, productOperations, type Cost } from './cost';

/** A vision tower without its weights. */
export interface VisionShape {
  model: VisionTower;
  config: TowerConfig;
}

/** Of one picture; a frozen tower has no backward pass. */
export function visionCost({ model, config }: VisionShape, imageSize: number, trained: boolean): Cost {
  const specs = model.parameters();
  const patches = tokenCount(model, imageSize); // P
  const [blocks, width] = [blocksOf(specs), model.hiddenSize];
  const rows = (name: string) => (name.endsWith('patch_embedding.weight') ? patches - 1 : patches);
  const forward = productOperations(specs, rows) + blocks * attentionOperations(patches, patches, width);
  if (!trained) return { forward, backward: 0, kept: 0, keptByRecompute: 0 };
  // Norms, queries, keys, values, context and sums; the activation's input, slope and output; probabilities.
  const block = patches * (8 * width + 3 * feedForwardOf(specs)) + headsOf(config) * patches ** 2;
  return {
    forward,
    backward: 2 * forward,
    kept: blocks * block,
    keptByRecompute: blocks * patches * width + block,
  };
}

/** Numbers that live at once while a frozen tower looks at one picture: a block's states and its widest layer. */
export function visionTransient({ model, config }: VisionShape, imageSize: number): number {
  const patches = tokenCount(model, imageSize);
  const inside = Math.max(3 * feedForwardOf(model.parameters()), 2 * headsOf(config) * patches);
  return patches * (5 * model.hiddenSize + inside);
}
