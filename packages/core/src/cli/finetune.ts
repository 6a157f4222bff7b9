/** `blip2 finetune`: go on with a pre-trained run, image encoder included. */
import type { Command } from 'commander';
import type { CaptioningOptions, RetrievalTuningOptions, VqaTuningOptions } from '../recipes';
import { addTraining, openInMemory, type TrainingOptions } from './training';

interface Options extends TrainingOptions {
  from: string;
}

const CAPTION_EXAMPLES = `  blip2 finetune caption --recipe shapes --data shapes --from runs/mine-opt --out runs/captions
  blip2 evaluate caption --model runs/captions --data shapes`;

const VQA_EXAMPLES = `  blip2 finetune vqa --recipe shapes --data shapes --from runs/mine-opt --stage1 runs/mine --out runs/vqa
  blip2 evaluate vqa --model runs/vqa --data shapes

With --stage1 the question stands beside the queries too, as in the paper; without it, only before the answer.`;

const RETRIEVAL_EXAMPLES = `  blip2 finetune retrieval --recipe shapes --data shapes --from runs/mine --out runs/retrieval
  blip2 evaluate retrieval --model runs/retrieval --data shapes --k 32`;

export function addFinetune(program: Command): void {
  const finetune = program
    .command('finetune')
    .description('fine-tune what was pre-trained, image encoder included');
  addTraining(finetune, {
    name: 'caption',
    description: 'captions: image encoder and Q-Former of a stage-2 run; its language model stays frozen',
    examples: CAPTION_EXAMPLES,
    openData: openInMemory,
    openParts: async (_, { from }: Options) => {
      const { openRun } = await import('../recipes');
      return { from: openRun(from, { stages: ['stage2'] }) };
    },
    makeRecipe: async (options) => {
      const { captioning } = await import('../recipes');
      return captioning(options as unknown as CaptioningOptions);
    },
    size: async (options) => {
      const { sizeOfFinetuning } = await import('../recipes');
      return sizeOfFinetuning(options);
    },
  }).requiredOption('--from <dir>', 'run folder of pretrain stage2');
  addTraining(finetune, {
    name: 'vqa',
    description:
      'answers to questions: image encoder and Q-Former of a stage-2 run; its language model stays frozen',
    examples: VQA_EXAMPLES,
    openData: openInMemory,
    openParts: async (_, { from, stage1 }: Options & { stage1?: string }) => {
      const { openRun } = await import('../recipes');
      return {
        from: openRun(from, { stages: ['stage2'] }),
        stage1: stage1 === undefined ? undefined : openRun(stage1, { stages: ['stage1'] }),
      };
    },
    makeRecipe: async (options) => {
      const { vqa } = await import('../recipes');
      return vqa(options as unknown as VqaTuningOptions);
    },
    size: async (options) => {
      const { sizeOfFinetuning } = await import('../recipes');
      return sizeOfFinetuning(options);
    },
  })
    .requiredOption('--from <dir>', 'run folder of pretrain stage2')
    .option('--stage1 <dir>', 'the stage-1 run that stage 2 went on with: its text half reads the question');
  addTraining(finetune, {
    name: 'retrieval',
    description: 'retrieval: image encoder and Q-Former of a stage-1 run, by the losses of stage 1',
    examples: RETRIEVAL_EXAMPLES,
    openData: openInMemory,
    openParts: async (_, { from }: Options) => {
      const { openRun } = await import('../recipes');
      return { from: openRun(from, { stages: ['stage1'] }) };
    },
    makeRecipe: async (options) => {
      const { retrieval } = await import('../recipes');
      return retrieval(options as unknown as RetrievalTuningOptions);
    },
    size: async (options) => {
      const { sizeOfRetrieval } = await import('../recipes');
      return sizeOfRetrieval(options);
    },
  }).requiredOption('--from <dir>', 'run folder of pretrain stage1');
}
