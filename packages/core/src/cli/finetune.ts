/** `blip2 finetune retrieval`: go on with a pre-trained run. */
import type { Command } from 'commander';
import type { RetrievalTuningOptions } from '../recipes';
import { addTraining, type TrainingOptions } from './training';

interface Options extends TrainingOptions {
  from: string;
}

const RETRIEVAL_EXAMPLES = `  blip2 finetune retrieval --recipe shapes --data shapes --from runs/mine --out runs/retrieval
  blip2 evaluate retrieval --model runs/retrieval --data shapes --k 32`;

export function addFinetune(program: Command): void {
  const finetune = program.command('finetune').description('fine-tune what was pre-trained');
  addTraining<Options>(finetune, {
    name: 'retrieval',
    description: 'retrieval: image encoder and Q-Former of a stage-1 run, by the losses of stage 1',
    examples: RETRIEVAL_EXAMPLES,
    openParts: async (_, { from }) => {
      const { openRun } = await import('../recipes');
      return { from: openRun(from, { stages: ['stage1'] }) };
    },
    makeRecipe: async (options) => {
      const { retrieval } = await import('../recipes');
      return retrieval(options as RetrievalTuningOptions);
    },
  }).requiredOption('--from <dir>', 'run folder of pretrain stage1');
}
