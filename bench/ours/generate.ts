/**
 * Our generation with a language model, for the harness to time: the protocol is that of bench/peers (README there). The
 * model is one of bench/models.ts.
 *
 *   BLIP2_BENCH_MODELS=DIR npx tsx bench/ours/generate.ts bench/peers/generate-opt-greedy.json --warm-up 1 --steps 3
 *
 * A step writes `newTokens` tokens after each of `batch` prompts of `prompt` embeddings. Variants: compiled; bf16,
 * whose matrices are stored in bfloat16.
 */
import { modelFolder, pattern, readConfig, serve, storage } from './serve';

interface GenerationCase {
  model: string;
  batch: number;
  prompt: number;
  newTokens: number;
  beams: number;
}

async function main(): Promise<void> {
  const c = readConfig<GenerationCase>();
  const { tf } = await import('../../packages/core/src/runtime');
  const { loadLanguageModel } = await import('../../packages/core/src/data');
  const { TokenGenerator } = await import('../../packages/core/src/generate');
  const { writingOperations } = await import('./operations');

  const { tower, config, weights } = loadLanguageModel(modelFolder(c.model), { dtype: storage });
  const generator = new TokenGenerator(tower, weights);
  const shape: [number, number, number] = [c.batch, c.prompt, tower.hiddenSize];
  const prompt = {
    embeddings: tf.tensor(pattern(c.batch * c.prompt * tower.hiddenSize), shape),
    mask: tf.ones([c.batch, c.prompt], 'int32'),
  };
  const options = {
    maxNewTokens: c.newTokens,
    minNewTokens: c.newTokens,
    numBeams: c.beams,
    eosTokenId: tower.tokens.eos,
    padTokenId: tower.tokens.pad,
  };
  await serve(() => generator.generate(prompt, options), {
    operations: c.batch * writingOperations({ tower, config }, c),
    sample: (texts) => texts.flatMap(([{ tokenIds }]) => tokenIds.slice(0, 4)),
  });
}

void main();
