/** A split as a plain folder: one PNG for each picture and a `captions.jsonl`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../png';
import { type Split } from './scene';
import { type ShapesWorld } from './world';

/**
 * Writes `<id>.png` for each picture, and `captions.jsonl` with one line for each caption:
 * `{"image": "train-00000.png", "caption": "…"}`.
 * @param captions `clean` (the default): the true captions; `web`: the noisy ones
 */
export function writeShapesFolder(
  world: ShapesWorld,
  split: Split,
  directory: string,
  captions: 'clean' | 'web' = 'clean',
): void {
  mkdirSync(directory, { recursive: true });
  const lines: string[] = [];
  for (const example of world.splits[split]) {
    const image = `${example.id}.png`;
    writeFileSync(join(directory, image), encodePng(world.render(example), world.imageSize, world.imageSize));
    for (const caption of captions === 'web' ? [example.webCaption.text] : example.captions) {
      lines.push(`${JSON.stringify({ image, caption })}\n`);
    }
  }
  writeFileSync(join(directory, 'captions.jsonl'), lines.join(''));
}
