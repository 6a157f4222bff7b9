/**
 * The loss of stage 1 on Shapes for three seeds, as docs/figures/stage1.png. Runs that are there are taken as they
 * are; otherwise it trains them (two minutes each).
 *
 *   npx tsx docs/figures/stage1.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart, shapes, shapesStage1, stage1, train } from '../../packages/core/src';
import { lossLines } from '../../packages/core/src/notebook/lossCurve';
import { PALETTE } from '../../packages/core/src/notebook/palette';

async function main(): Promise<void> {
  const data = shapes({});
  const lines = [];
  for (const seed of [0, 1, 2]) {
    const { log } = await train(stage1({ ...shapesStage1, data }), { seed });
    const [loss] = lossLines(log);
    lines.push({ ...loss, name: `seed ${seed}`, color: PALETTE[seed] });
  }
  const chart = lineChart({
    title: 'Stage 1 on Shapes',
    subtitle: 'ITC + ITM + ITG',
    x: 'step',
    y: 'loss',
    lines,
  });
  const { data: bundle } = await chart.render();
  writeFileSync(join(import.meta.dirname, 'stage1.png'), Buffer.from(String(bundle['image/png']), 'base64'));
}

void main();
