/**
 * The two compiled functions of a generation: reading the prompt, and taking a step. Each ends in the choice of tokens.
 * B prompts, K rows per prompt, R = B · K rows, V vocabulary.
 */
import { compile, tf, withFewRows, type Compiled, type TensorTree } from '../runtime';
import { takeBatch, type Weights } from '../nn';
import type { Cache, Feed, Sequencer } from '../models';
import { select, type Chosen, type Plan, type StepInputs } from './selection';

export type Begun = { memory: TensorTree; cache: Cache; chosen: Chosen };
export type Stepped = { cache: Cache; chosen: Chosen };

export interface CompiledGeneration<Prompt extends TensorTree> {
  begin: Compiled<[Prompt, StepInputs], Begun>;
  step: Compiled<[TensorTree, Cache, Feed, StepInputs], Stepped>;
}

/** @param tokens the most that will be written */
export function compileGeneration<Prompt extends TensorTree>(
  sequencer: Sequencer<Prompt>,
  w: Weights,
  plan: Plan,
  tokens: number,
): CompiledGeneration<Prompt> {
  const { rowsPerPrompt } = plan;
  const begin = (prompt: Prompt, inputs: StepInputs): Begun => {
    const { memory, cache, logits } = withFewRows(() =>
      sequencer.begin(w, prompt, { tokens, rowsPerPrompt }),
    );
    const rows = tf.range(0, logits.shape[0] * rowsPerPrompt, 1, 'int32');
    const prompts = tf.floorDiv(rows, tf.scalar(rowsPerPrompt, 'int32')); // of each row [R]
    return { memory, cache, chosen: select(plan, takeBatch(logits, prompts), inputs) };
  };
  const step = (memory: TensorTree, past: Cache, feed: Feed, inputs: StepInputs): Stepped => {
    const { cache, logits } = withFewRows(() => sequencer.step(w, memory, past, feed));
    return { cache, chosen: select(plan, logits, inputs) };
  };
  return { begin: compile(begin, { name: 'begin' }), step: compile(step, { name: 'step' }) };
}
