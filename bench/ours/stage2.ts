/**
 * Our stage-2 training step, for the harness to time: the protocol is that of bench/peers (README there).
 *
 *   npx tsx bench/ours/stage2.ts bench/peers/stage2-opt.json --variant compiled --warm-up 2 --steps 20
 *
 * Variants: eager, compiled, xla, bf16 (compiled, products in bfloat16, the language model stored in it), recompute
 * (compiled, blocks recomputed). At the end it
 * says on standard error whether any bit of the frozen language model has changed.
 */
import type { Matrix } from '../../packages/core/src/nn';
import type { ParameterSpec } from '../../packages/core/src/runtime';
import { readConfig, serve, variant } from './serve';
import { trainingConfig } from './training';

interface Stage2Case {
  /** A config.json. */
  model: { model_type: string };
  batch: number;
  patches: number;
  /** Tokens given to the language model beside the queries, and tokens asked of it. */
  prompt: number;
  target: number;
}

async function main(): Promise<void> {
  const c = readConfig<Stage2Case>();
  const { HalfTensor, ParameterStore, Rng, runEagerly, tf } = await import('../../packages/core/src/runtime');
  const { BLIP2 } = await import('../../packages/core/src/models');
  const { configFromDisk } = await import('../../packages/core/src/checkpoints');
  const { stage2Losses } = await import('../../packages/core/src/losses');
  const { TrainingStep } = await import('../../packages/core/src/train/step');
  const { addCosts } = await import('../../packages/core/src/recipes/plan/cost');
  const { languageCost } = await import('../../packages/core/src/recipes/plan/languageCost');
  const { queriesCost } = await import('../../packages/core/src/recipes/plan/qformerCost');

  const config = BLIP2.readConfig(configFromDisk(c.model));
  const model = BLIP2.build(config);
  const { language } = model;

  /** In 16 bit, no more than one matrix is ever there in float32. */
  const draw = (name: string, spec: ParameterSpec): Matrix => {
    const store = ParameterStore.create({ [name]: spec }, 0);
    const wide = store.read(name);
    store.dispose();
    if (variant !== 'bf16' || wide.rank !== 2) return wide;
    const half = HalfTensor.from(wide, 'bfloat16');
    wide.dispose();
    return half;
  };
  const specs = Object.entries(language.parameters());
  const frozen = Object.fromEntries(
    specs.map(([name, spec]) => [`language_model.${name}`, draw(name, spec)] as const),
  );
  const bytes = (tensor: Matrix): Uint8Array => {
    if (tensor instanceof HalfTensor) return new Uint8Array(tensor.bytes());
    const { buffer, byteOffset, byteLength } = tensor.dataSync<'float32'>();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  /** Beside what is drawn again, so that nothing is held for it while the steps are measured. */
  const isUnchanged = (): boolean =>
    specs.every(([name, spec]) => {
      const again = draw(name, spec);
      const isSame = Buffer.compare(bytes(again), bytes(frozen[`language_model.${name}`])) === 0;
      again.dispose();
      return isSame;
    });

  const image = tf.tidy(() => {
    const features = Rng.from(1).normal([c.batch, c.patches, model.vision.hiddenSize]);
    return { shape: features.shape, data: features.dataSync<'float32'>() };
  });
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
        return { loss: stage2Losses(w.with(frozen), model, batch, { rng }).loss };
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
