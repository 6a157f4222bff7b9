/**
 * Figure 5 of the paper as it came out on Shapes, from the committed results, as docs/figures/figure5.png: zero-shot VQA
 * over the steps of stage 2, mean and standard deviation over seeds.
 *
 *   npx tsx docs/figures/figure5.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curveOverSeeds, lineChart, readResults } from '../../packages/core/src';
import { dashOf, PALETTE } from '../../packages/core/src/notebook';

async function main(): Promise<void> {
  const results = readResults(join(import.meta.dirname, '..', 'results'));
  const seeds = results.filter(({ study }) => study === 'figure5');
  const points = seeds.flatMap(({ measurements }) => measurements.filter(({ step }) => step !== undefined));
  if (points.length === 0) throw new Error('docs/results/figure5 has no curves');
  // The first curves are those with and without stage 1; the long run comes after them.
  const [{ metric }] = points;
  const arms = [...new Set(points.filter((one) => one.metric === metric).map(({ arm }) => arm))];
  const lines = arms.map((arm, i) => ({
    name: arm,
    color: PALETTE[i % PALETTE.length],
    dash: dashOf(i),
    ...curveOverSeeds(seeds, { metric, arm })!,
  }));
  const chart = lineChart({
    title: 'Stage 2 with and without stage 1 (figure 5)',
    subtitle: `${metric}, %: mean and standard deviation of ${seeds.length} seeds`,
    x: 'step of stage 2',
    y: '',
    lines,
  });
  const { data } = await chart.render();
  writeFileSync(join(import.meta.dirname, 'figure5.png'), Buffer.from(String(data['image/png']), 'base64'));
}

void main();
