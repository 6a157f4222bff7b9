/**
 * The figures of docs/concepts and of the README, as SVG beside this file. The masks are what the library's own functions
 * return.
 *
 *   npx tsx docs/figures/concepts.ts             writes docs/figures/*.svg
 *   npx tsx docs/figures/concepts.ts --png DIR   writes PNGs in light and dark into DIR, to be looked at
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { capfiltFigure } from './capfilt';
import { compiledStepsFigure } from './compiledSteps';
import { masksFigure } from './masks';
import { modelFigure, stagesFigure } from './model';
import { qformerFigure } from './qformer';
import type { Theme } from './svg';

const FIGURES: Record<string, (theme: Theme) => string> = {
  blip2: modelFigure,
  qformer: qformerFigure,
  masks: masksFigure,
  stages: stagesFigure,
  capfilt: capfiltFigure,
  'compiled-steps': compiledStepsFigure,
};

async function main([flag, folder]: string[]): Promise<void> {
  for (const [name, draw] of Object.entries(FIGURES)) {
    if (flag !== '--png') {
      writeFileSync(join(import.meta.dirname, `${name}.svg`), draw('auto'));
      continue;
    }
    mkdirSync(folder, { recursive: true });
    for (const theme of ['light', 'dark'] as const)
      await sharp(Buffer.from(draw(theme)))
        .png()
        .toFile(join(folder, `${name}-${theme}.png`));
  }
}

void main(process.argv.slice(2));
