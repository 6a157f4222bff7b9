/** `blip2 pretrain stage1` and `stage2`: train a recipe into a run folder. */
import type { Command } from 'commander';
import type { Stage1Options, Stage2Options } from '../recipes';
import { addTraining, type TrainingOptions } from './training';

const STAGE1_EXAMPLES = `  blip2 pretrain stage1 --recipe shapes --data shapes --out runs/mine
  blip2 pretrain stage1 --recipe shapes --data 'shapes?train=2000' --out runs/short --set steps=60`;

const STAGE2_EXAMPLES = `  blip2 pretrain stage2 --recipe shapes --data shapes --language opt --from runs/mine --out runs/mine-opt
  blip2 evaluate vqa --model runs/mine-opt --data shapes

Without --from a new Q-Former is drawn: what the paper's figure 5 compares with.`;

interface Stage2CommandOptions extends TrainingOptions {
  language: string;
  from?: string;
}

export function addPretrain(program: Command): void {
  const pretrain = program.command('pretrain').description('pre-train a Q-Former');
  addTraining(pretrain, {
    name: 'stage1',
    description: 'stage 1: image-text contrast, matching and generation in front of a frozen vision tower',
    examples: STAGE1_EXAMPLES,
    makeRecipe: async (options) => {
      const { stage1 } = await import('../recipes');
      return stage1(options as Stage1Options);
    },
  });
  addTraining<Stage2CommandOptions, Pick<Stage2Options, 'language' | 'from'>>(pretrain, {
    name: 'stage2',
    description:
      'stage 2: what the queries have learned to read becomes soft prompts of a frozen language model',
    examples: STAGE2_EXAMPLES,
    openParts: async (data, { language, from }) => {
      const { openRun, openLanguageModel } = await import('../recipes');
      return {
        language: openLanguageModel(language, data),
        from: from === undefined ? undefined : openRun(from, { stages: ['stage1'] }),
      };
    },
    makeRecipe: async (options) => {
      const { stage2 } = await import('../recipes');
      return stage2(options as Stage2Options);
    },
  })
    .requiredOption('--language <name|dir>', 'frozen language model: opt or t5 of shapes, or a model folder')
    .option('--from <dir>', 'run folder of pretrain stage1, whose Q-Former goes on');
}
