/**
 * Where the queries of the shipped BLIP-2 look in a test picture of Shapes, as docs/figures/attention.png.
 *
 *   npx tsx docs/figures/attention.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../datasets/src';
import { attentionView, Blip2, shapes, shapesTower } from '../../packages/core/src';

/** Drawn larger for people than models see it. */
const SCALE = 6;

async function main(): Promise<void> {
  const { world } = shapes();
  const example = world.splits.test[3];
  const side = world.imageSize * SCALE;
  const picture = Buffer.from(encodePng(world.render(example, SCALE), side, side));
  const model = await Blip2.load(shapesTower('blip2-opt'));
  const { text } = await model.caption(picture);
  const { data } = await attentionView(await model.attend(picture), { layer: 2, caption: text }).render();
  model.dispose();
  const png = Buffer.from(data['image/png'] as string, 'base64');
  writeFileSync(join(import.meta.dirname, 'attention.png'), png);
}

void main();
