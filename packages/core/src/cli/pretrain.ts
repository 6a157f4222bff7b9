/** `blip2 pretrain stage1`: train a recipe into a run folder. */
import type { Command } from 'commander';
import type { Stage1Options } from '../recipes';
import { addTraining } from './training';

const STAGE1_EXAMPLES = `  blip2 pretrain stage1 --recipe shapes --data shapes --out runs/mine
  blip2 pretrain stage1 --recipe shapes --data 'shapes?train=2000' --out runs/short --set steps=60`;

export function addPretrain(program: Command): void {
  const pretrain = program.command('pretrain').description('pre-train a Q-Former');
  addTraining(pretrain, {
    name: 'stage1',
    description: 'stage 1: image-text contrast, matching and generation in front of a frozen vision tower',
    examples: STAGE1_EXAMPLES,
    makeRecipe: async (settings, data) => {
      const { stage1 } = await import('../recipes');
      return stage1({ ...settings, data } as Stage1Options);
    },
  });
}
