/** `blip2 pretrain stage1` and `stage2`: train a recipe into a run folder. */
import type { Command } from 'commander';
import type { LanguageShape, Stage1Options, Stage2Options, TrainingData } from '../recipes';
import { addTraining, openAny, type Together, type TrainingOptions } from './training';

const STAGE1_EXAMPLES = `  blip2 pretrain stage1 --recipe shapes --data shapes --out runs/mine
  blip2 pretrain stage1 --recipe shapes --data 'shapes?train=2000' --out runs/short --set steps=60
  blip2 pretrain stage1 --recipe paper-vit-l --data 'shards?files=cc3m/{00000..00331}.tar' --out runs/cc3m \\
    --set tower=vit-l tokenizer=bert initialise.bert=bert steps=100 batchSize=8`;

const STAGE2_EXAMPLES = `  blip2 pretrain stage2 --recipe shapes --data shapes --language opt --from runs/mine --out runs/mine-opt
  blip2 evaluate vqa --model runs/mine-opt --data shapes

Without --from a new Q-Former is drawn: what the paper's figure 5 compares with.`;

interface Stage2CommandOptions extends TrainingOptions {
  language: string;
  from?: string;
}

/** Recipes look at the kind of the language model; the training loads it, in the type that the recipe says. */
interface Stage2Parts {
  language: LanguageShape;
  languageDir: string;
  from?: Stage2Options['from'];
}

const stage2Options = ({ languageDir, ...rest }: Together<Stage2Parts, TrainingData>) =>
  ({ ...rest, language: languageDir }) as unknown as Stage2Options;

export function addPretrain(program: Command): void {
  const pretrain = program.command('pretrain').description('pre-train a Q-Former');
  addTraining(pretrain, {
    name: 'stage1',
    description: 'stage 1: image-text contrast, matching and generation in front of a frozen vision tower',
    examples: STAGE1_EXAMPLES,
    openData: openAny,
    makeRecipe: async (options) => {
      const { stage1 } = await import('../recipes');
      return stage1(options as unknown as Stage1Options);
    },
    size: async (options) => {
      const { sizeOfStage1 } = await import('../recipes');
      return sizeOfStage1(options as unknown as Stage1Options);
    },
  });
  addTraining<Stage2CommandOptions, TrainingData, Stage2Parts>(pretrain, {
    name: 'stage2',
    description:
      'stage 2: what the queries have learned to read becomes soft prompts of a frozen language model',
    examples: STAGE2_EXAMPLES,
    openData: openAny,
    openParts: async (data, { language, from }) => {
      const { isStreamed, languageModelDir, languageShape, openRun } = await import('../recipes');
      const languageDir = languageModelDir(language, isStreamed(data) ? {} : data);
      return {
        language: languageShape(languageDir),
        languageDir,
        from: from === undefined ? undefined : openRun(from, { stages: ['stage1'] }),
      };
    },
    makeRecipe: async (options) => {
      const { stage2 } = await import('../recipes');
      return stage2(stage2Options(options));
    },
    size: async (options) => {
      const { sizeOfStage2 } = await import('../recipes');
      return sizeOfStage2(stage2Options(options));
    },
  })
    .requiredOption('--language <name|dir>', 'frozen language model: opt or t5 of shapes, or a model folder')
    .option('--from <dir>', 'run folder of pretrain stage1, whose Q-Former goes on');
}
