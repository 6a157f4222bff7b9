/** Options of the commands that write text: those of generation, under its names. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { GenerationOptions } from '../generate';
import { positiveNumber, wholeNumber } from './arguments';

export type GenerationFlags = Pick<
  GenerationOptions,
  | 'maxNewTokens'
  | 'minNewTokens'
  | 'numBeams'
  | 'lengthPenalty'
  | 'doSample'
  | 'temperature'
  | 'topK'
  | 'topP'
  | 'repetitionPenalty'
  | 'noRepeatNgramSize'
  | 'seed'
>;

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('A number is expected.');
  return value;
}

const FLAGS: [flags: string, description: string, read?: (text: string) => number][] = [
  ['--max-new-tokens <count>', 'the most tokens written', positiveNumber],
  ['--min-new-tokens <count>', 'no end before so many tokens', wholeNumber],
  ['--num-beams <count>', 'beams; 1: the likeliest token each time', positiveNumber],
  ['--length-penalty <number>', 'above 0 favours long texts, below 0 short ones', decimal],
  ['--do-sample', 'draw tokens in place of taking the likeliest'],
  ['--temperature <number>', 'of draws: below 1 bolder, above 1 more varied', decimal],
  ['--top-k <count>', 'draw among so many likeliest tokens; 0: all', wholeNumber],
  ['--top-p <number>', 'draw among the fewest tokens with this probability together', decimal],
  ['--repetition-penalty <number>', 'above 1: what was said becomes less likely', decimal],
  ['--no-repeat-ngram-size <count>', 'no sequence of so many tokens twice', wholeNumber],
  ['--seed <number>', 'of draws', wholeNumber],
];

export function addGenerationOptions(command: Command): Command {
  for (const [flags, description, read] of FLAGS) {
    const option = new Option(flags, description);
    command.addOption(read ? option.argParser(read) : option);
  }
  return command;
}

/** What was said of generation among a command's options. */
export function generationOf(options: GenerationFlags): GenerationFlags {
  const { maxNewTokens, minNewTokens, numBeams, lengthPenalty, doSample, temperature } = options;
  const { topK, topP, repetitionPenalty, noRepeatNgramSize, seed } = options;
  return {
    ...{ maxNewTokens, minNewTokens, numBeams, lengthPenalty, doSample, temperature },
    ...{ topK, topP, repetitionPenalty, noRepeatNgramSize, seed },
  };
}
