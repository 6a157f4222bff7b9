/**
 * The two compiled functions of a generation: reading the prompt, and taking a step. Each ends in the choice of tokens.
 * B prompts, K rows per prompt, R = B · K rows, V vocabulary.
 */
import { compile, mapLeaves, tf, withFewRows, type Compiled, type Tensor, type TensorTree } from '../runtime';
import { takeBatch, type Weights } from '../nn';
import type { Cache, Sequencer } from '../models';
import { select, type Chosen, type Plan, type StepInputs } from './selection';

/** What the rows take in. */
export type Feed = {
  /** int32 [R] */
  tokens: Tensor;
  /** int32 [R]: the row that each goes on from; undefined: itself. */
  parents?: Tensor;
  /** int32 scalar */
  position: Tensor;
};

export type Begun = { memory: TensorTree; cache: Cache; chosen: Chosen };
export type Stepped = { cache: Cache; chosen: Chosen };

export interface CompiledGeneration<Prompt extends TensorTree> {
  begin: Compiled<[Prompt, StepInputs], Begun>;
  step: Compiled<[TensorTree, Cache, Feed, StepInputs], Stepped>;
}

/** @param room the most tokens that will be written */
export function compileGeneration<Prompt extends TensorTree>(
  sequencer: Sequencer<Prompt>,
  w: Weights,
  plan: Plan,
  room: number,
): CompiledGeneration<Prompt> {
  const begin = (prompt: Prompt, inputs: StepInputs): Begun => {
    const { memory, cache, logits } = withFewRows(() => sequencer.begin(w, prompt, room));
    const rows = tf.range(0, logits.shape[0] * plan.rowsPerPrompt, 1, 'int32');
    const prompts = tf.floorDiv(rows, tf.scalar(plan.rowsPerPrompt, 'int32')); // of each row [R]
    return {
      memory,
      cache: takeRows(cache, prompts),
      chosen: select(plan, takeBatch(logits, prompts), inputs),
    };
  };
  const step = (memory: TensorTree, cache: Cache, feed: Feed, inputs: StepInputs): Stepped => {
    const ordered = feed.parents ? takeRows(cache, feed.parents) : cache;
    const next = withFewRows(() => sequencer.step(w, memory, ordered, feed.tokens, feed.position));
    return { cache: next.cache, chosen: select(plan, next.logits, inputs) };
  };
  return { begin: compile(begin, { name: 'begin' }), step: compile(step, { name: 'step' }) };
}

const takeRows = (cache: Cache, rows: Tensor): Cache =>
  mapLeaves(cache, (leaf) => takeBatch(leaf as Tensor, rows));
