/** `blip2 finetune`: go on with a pre-trained run, image encoder included. */
import type { Command } from 'commander';
import type { CaptioningOptions, RetrievalTuningOptions, TrainingData, VqaTuningOptions } from '../recipes';
import { addTraining, openAny, type TrainingOptions } from './training';

interface Options extends TrainingOptions {
  from: string;
}

const CAPTION_EXAMPLES = `  blip2 finetune caption --recipe shapes --data shapes --from runs/mine-opt --out runs/captions
  blip2 evaluate caption --model runs/captions --data shapes
  blip2 finetune caption --recipe paper-vit-g --data 'coco?dir=coco&split=train' --from runs/stage2 \\
    --out models/blip2-opt-2.7b-coco`;

const VQA_EXAMPLES = `  blip2 finetune vqa --recipe shapes --data shapes --from runs/mine-opt --stage1 runs/mine --out runs/vqa
  blip2 evaluate vqa --model runs/vqa --data shapes
  blip2 finetune vqa --recipe paper-vit-g --data questions.json --from runs/stage2 \\
    --stage1 runs/stage1 --out models/blip2-opt-2.7b-vqa

With --stage1 the question stands beside the queries too, as in the paper; without it, only before the answer.`;

const RETRIEVAL_EXAMPLES = `  blip2 finetune retrieval --recipe shapes --data shapes --from runs/mine --out runs/retrieval
  blip2 evaluate retrieval --model runs/retrieval --data shapes --k 32
  blip2 finetune retrieval --recipe paper-vit-g --data 'coco?dir=coco&split=train' --from runs/stage1 \\
    --out models/blip2-itm-vit-g-coco`;

/** Of retrieval from a model folder. */
const BEGINS_ANEW =
  'A model folder has neither the temperature nor the head that ITG needs: both begin anew (--set losses.itg=0 does without ITG).';

export function addFinetune(program: Command): void {
  const finetune = program
    .command('finetune')
    .description('fine-tune what was pre-trained, image encoder included (docs/finetuning.md)');
  addTraining<Options, TrainingData>(finetune, {
    name: 'caption',
    description: 'captions: image encoder and Q-Former of a stage-2 run; its language model stays frozen',
    examples: CAPTION_EXAMPLES,
    openData: openAny,
    openParts: async (_, { from }) => {
      const { openStage2 } = await import('../recipes');
      return { from: openStage2(from) };
    },
    makeRecipe: async (options) => {
      const { captioning } = await import('../recipes');
      return captioning(options as unknown as CaptioningOptions);
    },
    size: async (options) => {
      const { sizeOfFinetuning } = await import('../recipes');
      return sizeOfFinetuning(options as unknown as CaptioningOptions);
    },
  }).requiredOption(
    '--from <dir>',
    'run folder of pretrain stage2, or a model folder, e.g. of Salesforce/blip2-opt-2.7b',
  );
  addTraining<Options & { stage1?: string }, TrainingData>(finetune, {
    name: 'vqa',
    description:
      'answers to questions: image encoder and Q-Former of a stage-2 run; its language model stays frozen',
    examples: VQA_EXAMPLES,
    openData: openAny,
    openParts: async (_, { from: dir, stage1 }) => {
      const { openStage2, openTextHalf } = await import('../recipes');
      const from = openStage2(dir);
      const { tower } = from.model.parts;
      return { from, stage1: stage1 === undefined ? undefined : openTextHalf(stage1, tower) };
    },
    makeRecipe: async (options) => {
      const { vqa } = await import('../recipes');
      return vqa(options as unknown as VqaTuningOptions);
    },
    size: async (options) => {
      const { sizeOfFinetuning } = await import('../recipes');
      return sizeOfFinetuning(options as unknown as VqaTuningOptions);
    },
  })
    .requiredOption(
      '--from <dir>',
      'run folder of pretrain stage2, or a model folder, e.g. of Salesforce/blip2-opt-2.7b',
    )
    .option(
      '--stage1 <dir>',
      'the stage-1 run that stage 2 went on with, or a folder as of Salesforce/blip2-itm-vit-g: its text half reads the question',
    );
  addTraining<Options, TrainingData>(finetune, {
    name: 'retrieval',
    description: 'retrieval: image encoder and Q-Former of a stage-1 run, by the losses of stage 1',
    examples: RETRIEVAL_EXAMPLES,
    openData: openAny,
    openParts: async (_, { from }) => {
      const { openStage1 } = await import('../recipes');
      const { isRunFolder } = await import('../train');
      if (!isRunFolder(from)) console.error(BEGINS_ANEW);
      return { from: openStage1(from) };
    },
    makeRecipe: async (options) => {
      const { retrieval } = await import('../recipes');
      return retrieval(options as unknown as RetrievalTuningOptions);
    },
    size: async (options) => {
      const { sizeOfRetrieval } = await import('../recipes');
      return sizeOfRetrieval(options as unknown as RetrievalTuningOptions);
    },
  }).requiredOption(
    '--from <dir>',
    'run folder of pretrain stage1, or a model folder, e.g. of Salesforce/blip2-itm-vit-g',
  );
}
