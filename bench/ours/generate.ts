/**
 * Our generation with random weights of a published shape, for the harness to time: the protocol is that of
 * bench/peers (README there).
 *
 *   npx tsx bench/ours/generate.ts bench/peers/generate-opt-greedy.json --warm-up 1 --steps 3
 *
 * A step writes `newTokens` tokens after each of `batch` prompts of `prompt` embeddings.
 */
import { readConfig, serve } from './serve';

interface GenerationCase {
  /** A config.json. */
  model: { model_type: 'opt' | 't5' };
  batch: number;
  prompt: number;
  newTokens: number;
  beams: number;
}

async function main(): Promise<void> {
  const c = readConfig<GenerationCase>();
  const { ParameterStore, Rng, tf } = await import('../../packages/core/src/runtime');
  const { Weights } = await import('../../packages/core/src/nn');
  const { TOWERS } = await import('../../packages/core/src/models');
  const { configFromDisk } = await import('../../packages/core/src/checkpoints');
  const { TokenGenerator } = await import('../../packages/core/src/generate');
  const { writingOperations } = await import('./operations');

  const family = TOWERS.language.find(({ modelType }) => modelType === c.model.model_type)!;
  const config = family.readConfig(configFromDisk(c.model));
  const tower = family.build(config);
  // The largest first: what is left of drawing them is taken by the others, and does not count as the model's memory.
  const size = ({ shape }: { shape: number[] }) => shape.reduce((product, side) => product * side, 1);
  const specs = Object.entries(tower.parameters()).sort(([, a], [, b]) => size(b) - size(a));
  const store = ParameterStore.create(Object.fromEntries(specs), 0);
  const generator = new TokenGenerator(tower, new Weights(store.readAll()));
  const prompt = {
    embeddings: Rng.from(1).normal([c.batch, c.prompt, tower.hiddenSize]),
    mask: tf.ones([c.batch, c.prompt], 'int32'),
  };
  const options = {
    maxNewTokens: c.newTokens,
    minNewTokens: c.newTokens,
    numBeams: c.beams,
    eosTokenId: tower.tokens.eos,
    padTokenId: tower.tokens.pad,
  };
  const shape = { tower, config: { modelType: c.model.model_type, config } };
  const operations = c.batch * writingOperations(shape, c);
  await serve(() => generator.generate(prompt, options), { operations });
}

void main();
