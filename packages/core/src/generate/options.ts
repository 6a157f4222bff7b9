/** How to generate: the options of transformers' GenerationConfig under its names in camelCase, with its defaults. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';

const count = z.number().int().positive();
const tokenId = z.number().int().nonnegative();

const fields = {
  /** The most tokens written after the prompt, the end token included. */
  maxNewTokens: count.default(20),
  /** No end token before so many others. */
  minNewTokens: z.number().int().nonnegative().default(0),
  /** 1: greedy, or sampling with `doSample`. */
  numBeams: count.default(1),
  /** Beams are compared by sum of log-probabilities / length^this: above 0 favours long texts, below 0 short ones. */
  lengthPenalty: z.number().default(1),
  /** true: stop at numBeams finished texts; false: when no better one is likely; 'never': when none is possible. */
  earlyStopping: z.union([z.boolean(), z.literal('never')]).default(false),
  /** Draw each token in place of taking the likeliest. */
  doSample: z.boolean().default(false),
  /** Divides the logits before a draw: below 1 bolder, above 1 more varied. */
  temperature: z.number().positive().default(1),
  /** Draw among so many likeliest tokens; 0: all. */
  topK: z.number().int().nonnegative().default(50),
  /** Draw among the fewest tokens that hold this probability together. */
  topP: z.number().positive().max(1).default(1),
  /** Above 1: tokens that the text holds already become less likely. */
  repetitionPenalty: z.number().positive().default(1),
  /** No sequence of so many tokens twice; 0: no such rule. */
  noRepeatNgramSize: z.number().int().nonnegative().default(0),
  /** Texts per prompt: the best beams, or so many draws. */
  numReturnSequences: count.default(1),
  /** Of the draws: the same seed gives the same texts. */
  seed: z.number().int().default(0),
  /** Tokens that end a text. */
  eosTokenId: z.union([tokenId, z.array(tokenId)]).default([]),
  /** What finished rows go on with while others are written; not part of any result. The first end token by default. */
  padTokenId: tokenId.optional(),
};

const schema = z.strictObject(fields);

/** What a caller may say; everything has a default. */
export type GenerationOptions = z.input<typeof schema>;

/** All of it. */
export type GenerationConfig = Omit<z.output<typeof schema>, 'eosTokenId' | 'padTokenId'> & {
  eosTokenId: readonly number[];
  padTokenId: number;
};

/**
 * @param options what the caller says
 * @param defaults what holds otherwise, e.g. the model's end token
 * @throws Blip2Error for an option that is unknown, out of range, or does not go with the others
 */
export function parseGeneration(
  options: GenerationOptions,
  defaults: GenerationOptions = {},
): GenerationConfig {
  const said = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const result = schema.safeParse({ ...defaults, ...said });
  if (!result.success) throw outOfRange(result.error.issues[0]);
  const { eosTokenId, padTokenId, ...config } = result.data;
  const ends = typeof eosTokenId === 'number' ? [eosTokenId] : eosTokenId;
  const settled = { ...config, eosTokenId: ends, padTokenId: padTokenId ?? ends[0] ?? 0 };
  checkTogether(settled, said);
  return settled;
}

function outOfRange(issue: z.core.$ZodIssue): Blip2Error {
  if (issue.code === 'unrecognized_keys') {
    return wrong(`unknown option ${issue.keys[0]}`, `There are: ${Object.keys(fields).join(', ')}.`);
  }
  return wrong(`${issue.path.join('.')}: ${issue.message}`, 'See docs/generation.md for what it may be.');
}

function checkTogether(config: GenerationConfig, said: Record<string, unknown>): void {
  const { numBeams, numReturnSequences, doSample, minNewTokens, maxNewTokens } = config;
  if (doSample && numBeams > 1) {
    throw wrong(
      `doSample with ${numBeams} beams`,
      'Set numBeams to 1 to draw tokens, or leave doSample out to search.',
    );
  }
  if (!doSample && numReturnSequences > numBeams) {
    throw wrong(
      `${numReturnSequences} texts per prompt cannot come from ${numBeams} ${numBeams === 1 ? 'beam' : 'beams'}`,
      'Raise numBeams to numReturnSequences, or draw them with doSample.',
    );
  }
  if (minNewTokens > maxNewTokens) {
    throw wrong(`minNewTokens ${minNewTokens} is above maxNewTokens ${maxNewTokens}`, 'Raise maxNewTokens.');
  }
  const idle = ['temperature', 'topK', 'topP'].find((name) => name in said);
  if (!doSample && idle) {
    throw wrong(`${idle} has no effect without doSample`, `Set doSample, or leave ${idle} out.`);
  }
}

function wrong(what: string, hint: string): Blip2Error {
  return new Blip2Error(`Generation: ${what}`, { hint, exitCode: 2 });
}
