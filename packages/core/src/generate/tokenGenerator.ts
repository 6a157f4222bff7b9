/**
 * Generation of token ids with any `Sequencer`. What was read and written stays on the device, a few numbers per step
 * come back; hypotheses are plain TypeScript. B prompts, K rows per prompt (beams, or texts drawn), R = B · K rows.
 */
import { Blip2Error, breathe, leaves, tf, type Tensor, type TensorTree } from '../runtime';
import type { Weights } from '../nn';
import type { Feed, Sequencer } from '../models';
import { BeamSearch, candidateCount } from './beamSearch';
import { compileGeneration, type Begun, type CompiledGeneration, type Stepped } from './compiled';
import { Constraints } from './constraints';
import type { Choice, Decoding, Generation } from './decoding';
import { IndependentRows } from './independentRows';
import { parseGeneration, type GenerationConfig, type GenerationOptions } from './options';
import type { Chosen, Plan, StepInputs } from './selection';

/** A token as it is written. */
export interface TokenEvent {
  prompt: number;
  /** Which of the prompt's texts. */
  sequence: number;
  tokenId: number;
}

export interface GenerateOptions<Event = TokenEvent> extends GenerationOptions {
  /** Called for each token; not in beam search, where which text wins is known at the end. */
  onToken?: (event: Event) => void;
  /** Ends the generation with its reason as the error. */
  signal?: AbortSignal;
}

export interface TokenOptions extends GenerateOptions {
  /**
   * Tokens of each prompt that count as text for `repetitionPenalty` and `noRepeatNgramSize`, padding left out. Those
   * of transformers: a decoder-only model's prompt; an encoder-decoder's start token; none for a prompt of embeddings.
   */
  history?: readonly (readonly number[])[];
}

/** Generates token ids from whatever a model reads. Compiled functions are kept: make it once per model. */
export class TokenGenerator<Prompt extends TensorTree> {
  private readonly functions = new Map<string, CompiledGeneration<Prompt>>();

  /**
   * @param weights read when a function is compiled: a generator belongs to the weights that it was made with
   * @param defaults e.g. the model's `eosTokenId`
   */
  constructor(
    private readonly sequencer: Sequencer<Prompt>,
    private readonly weights: Weights,
    private readonly defaults: GenerationOptions = {},
  ) {}

  /**
   * Texts of each prompt. Compiles once per number of prompts, their padded length, `maxNewTokens`, `numBeams` and way of
   * choosing: pad prompts to a few lengths.
   *
   * @param prompt tensors whose first axis is B
   * @throws Blip2Error for options that are wrong; the signal's reason when it is aborted
   */
  async generate(prompt: Prompt, options: TokenOptions = {}): Promise<Generation[][]> {
    const { history = [], onToken, signal, ...rest } = options;
    const config = parseGeneration(rest, this.defaults);
    refuseStreamedBeams(config, onToken);
    const prompts = leaves(prompt)[0]?.shape[0] ?? 0;
    checkHistory(history, prompts);
    signal?.throwIfAborted();
    if (prompts === 0) return [];

    const plan = planOf(config);
    const { begin, step } = this.compiled(plan, config);
    const decoding: Decoding =
      plan.mode === 'beam' ? new BeamSearch(config, prompts) : new IndependentRows(config, prompts);
    const constraints = new Constraints(config, history, plan.rowsPerPrompt);
    const inputs = (position: number): StepInputs => ({
      ...constraints.inputs(decoding.rows),
      ...inputsOf(config, decoding, position),
    });

    const { memory, ...first } = keep(() => begin(prompt, inputs(0)));
    let state: Stepped = first;
    try {
      for (let position = 0; ; position++) {
        for (const { row, tokenId } of decoding.advance(read(state.chosen))) {
          const [prompt, sequence] = [Math.floor(row / plan.rowsPerPrompt), row % plan.rowsPerPrompt];
          onToken?.({ prompt, sequence, tokenId });
        }
        if (decoding.isDone) return decoding.results();
        await breathe();
        signal?.throwIfAborted();
        const { cache } = state;
        state = keep(() =>
          step(memory, cache, feed(decoding, position, config.maxNewTokens), inputs(position + 1)),
        );
        release(cache, state.cache);
      }
    } finally {
      release(memory, prompt);
      release(state.cache, prompt);
    }
  }

  /** How many functions were compiled. */
  signatures(): number {
    return [...this.functions.values()].reduce(
      (sum, { begin, step }) => sum + begin.signatures() + step.signatures(),
      0,
    );
  }

  /** Frees the compiled functions; they are compiled again when needed. */
  dispose(): void {
    for (const { begin, step } of this.functions.values()) {
      begin.dispose();
      step.dispose();
    }
    this.functions.clear();
  }

  private compiled(plan: Plan, { maxNewTokens }: GenerationConfig): CompiledGeneration<Prompt> {
    const key = JSON.stringify({ ...plan, maxNewTokens });
    let functions = this.functions.get(key);
    if (!functions) {
      functions = compileGeneration(this.sequencer, this.weights, plan, maxNewTokens);
      this.functions.set(key, functions);
    }
    return functions;
  }
}

function planOf(config: GenerationConfig): Plan {
  const { numBeams, doSample, topK, topP, numReturnSequences } = config;
  if (numBeams > 1) return { mode: 'beam', rowsPerPrompt: numBeams, candidates: candidateCount(config) };
  if (!doSample) return { mode: 'greedy', rowsPerPrompt: 1, candidates: undefined };
  const candidates = topK > 0 ? topK : topP < 1 ? Infinity : undefined;
  return { mode: 'sample', rowsPerPrompt: numReturnSequences, candidates };
}

function inputsOf(config: GenerationConfig, { beamScores }: Decoding, position: number): StepInputs {
  if (beamScores) return { beamScores: tf.tensor2d([...beamScores], [beamScores.length, 1]) };
  if (!config.doSample) return {};
  const { seed, temperature, topP } = config;
  return {
    sampling: {
      seed: tf.tensor1d([seed | 0, position], 'int32'),
      temperature: tf.scalar(temperature),
      topP: tf.scalar(topP < 1 ? topP : 2), // 2: nothing is filtered, whatever the rounding
    },
  };
}

function feed({ nextTokens, origins }: Decoding, position: number, room: number): Feed {
  return {
    tokens: tf.tensor1d([...nextTokens], 'int32'),
    position: tf.scalar(position, 'int32'),
    origins: origins && originsTensor(origins, room),
  };
}

/** int32 [R, N], filled up with zeros. */
function originsTensor(origins: readonly (readonly number[])[], room: number): Tensor {
  const data = new Int32Array(origins.length * room);
  origins.forEach((rows, i) => data.set(rows, i * room));
  return tf.tensor2d(data, [origins.length, room], 'int32');
}

/** The choice on the host; its tensors are freed. */
function read({ tokens, beams, scores }: Chosen): Choice {
  const take = (x: Tensor): ArrayLike<number> => {
    const values = x.dataSync();
    x.dispose();
    return values;
  };
  return { tokens: take(tokens), beams: beams && take(beams), scores: take(scores) };
}

/** Runs `body` and frees what it made but does not return. */
const keep = <T extends Begun | Stepped>(body: () => T): T => tf.tidy(() => body() as never);

/** Frees the tensors of a tree that are not in the other: run eagerly, a model may hand some through. */
function release(tree: TensorTree, except: TensorTree): void {
  const kept = new Set(leaves(except));
  for (const leaf of leaves(tree)) if (!kept.has(leaf)) leaf.dispose();
}

function refuseStreamedBeams({ numBeams }: GenerationConfig, onToken: unknown): void {
  if (!onToken || numBeams === 1) return;
  throw new Blip2Error(`Generation: onToken with ${numBeams} beams`, {
    hint: 'Which beam wins is known at the end: set numBeams to 1 to watch a text grow.',
    exitCode: 2,
  });
}

function checkHistory(history: readonly unknown[], prompts: number): void {
  if (history.length === 0 || history.length === prompts) return;
  throw new Blip2Error(`Generation: ${history.length} histories for ${prompts} prompts`, {
    hint: 'Give one list of token ids per prompt.',
  });
}
