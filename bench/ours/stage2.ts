/**
 * Our stage-2 training step, for the harness to time: the protocol is that of bench/peers (README there).
 *
 *   BLIP2_BENCH_MODELS=DIR npx tsx bench/ours/stage2.ts bench/peers/stage2-opt.json --variant compiled --warm-up 2 --steps 20
 *
 * Variants: eager, compiled, xla, bf16 (compiled, products in bfloat16, the language model stored in it), recompute
 * (compiled, blocks recomputed). The frozen language model is one of bench/models.ts; at the end standard error says
 * whether any bit of it is another than in its file.
 */
import type { Matrix } from '../../packages/core/src/nn';
import { modelFolder, readConfig, serve, variant } from './serve';
import { trainingConfig } from './training';

/** Beside these what a BLIP-2's config.json says of all but the language model. */
interface Stage2Case {
  /** The language model, of bench/models.ts. */
  model: string;
  batch: number;
  patches: number;
  /** Tokens given to the language model beside the queries, and tokens asked of it. */
  prompt: number;
  target: number;
}

async function main(): Promise<void> {
  const c = readConfig<Stage2Case>();
  const { computeValues, HalfTensor, ParameterStore, Rng, runEagerly } =
    await import('../../packages/core/src/runtime');
  const { BLIP2 } = await import('../../packages/core/src/models');
  const { configFromDisk, openModelFolder } = await import('../../packages/core/src/checkpoints');
  const { loadLanguageModel } = await import('../../packages/core/src/data');
  const { stage2Losses } = await import('../../packages/core/src/losses');
  const { allWeights } = await import('../../packages/core/src/recipes/generatingModel');
  const { TrainingStep } = await import('../../packages/core/src/train/step');
  const { addCosts } = await import('../../packages/core/src/recipes/plan/cost');
  const { languageCost } = await import('../../packages/core/src/recipes/plan/languageCost');
  const { queriesCost } = await import('../../packages/core/src/recipes/plan/qformerCost');

  const dir = modelFolder(c.model);
  const load = () => loadLanguageModel(dir, { dtype: variant === 'bf16' ? 'bfloat16' : 'float32' });
  const frozen = load();
  const config = BLIP2.readConfig({ ...configFromDisk({ ...c }), textConfig: openModelFolder(dir).config });
  const model = BLIP2.build(config);
  const { language } = model;

  const bytes = (tensor: Matrix): Uint8Array => {
    if (tensor instanceof HalfTensor) return new Uint8Array(tensor.bytes());
    const { buffer, byteOffset, byteLength } = tensor.dataSync<'float32'>();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  /** Beside the file, which nothing that is done to mapped tensors reaches. */
  const isUnchanged = (): boolean => {
    const again = load().tensors;
    const names = Object.keys(again);
    return names.every((name) => Buffer.compare(bytes(again[name]), bytes(frozen.tensors[name])) === 0);
  };

  const shape = [c.batch, c.patches, model.vision.hiddenSize];
  const image = { shape, data: computeValues(() => Rng.from(1).normal(shape)) };
  const ids = (length: number) => ({
    shape: [c.batch, length],
    data: Int32Array.from(
      { length: c.batch * length },
      (_, i) => 5 + ((i * 7919) % (language.vocabSize - 6)),
    ),
  });
  const ones = (length: number) => ({
    shape: [c.batch, length],
    data: new Int32Array(c.batch * length).fill(1),
  });
  /** Targets end at different places. */
  const isReal = (i: number) => i % c.target < c.target - (Math.floor(i / c.target) % 4);
  const targetMask = { ...ones(c.target), data: ones(c.target).data.map((_, i) => Number(isReal(i))) };
  const inputs = {
    image,
    promptIds: ids(c.prompt),
    promptMask: ones(c.prompt),
    targetIds: ids(c.target),
    targetMask,
  };

  const step = new TrainingStep(
    {
      parameters: ParameterStore.create(model.trainableParameters(), 0),
      model: undefined,
      inputs: () => inputs,
      loss: (w, x, rng) => {
        const { image, promptIds, promptMask, targetIds, targetMask } = x;
        const batch = { image, promptIds, promptMask, targetIds, targetMask };
        return {
          loss: stage2Losses(allWeights({ weights: w, language: frozen }), model, batch, { rng }).loss,
        };
      },
    },
    trainingConfig(c.batch, 5e-5, variant),
    { xla: variant === 'xla' },
  );

  const lengths = { given: config.qformer.numQueryTokens + c.prompt, target: c.target };
  const { forward, backward } = addCosts(
    queriesCost(config.qformer, { patches: c.patches, textLength: 0 }),
    languageCost({ tower: language, config: config.text }, lengths),
  );
  const operations = c.batch * (forward + backward);
  let done = 0;
  let loss = NaN;
  const one = async () => void ({ loss } = await step.run(done++));
  await serve(() => (variant === 'eager' ? runEagerly(one) : one()), { operations });
  const isSame = isUnchanged();
  console.error(
    `after ${done} steps, loss ${loss.toFixed(3)}: the language model's bits ${isSame ? 'are' : 'ARE NOT'} what they were`,
  );
  process.exitCode = isSame ? 0 : 1;
}

void main();
