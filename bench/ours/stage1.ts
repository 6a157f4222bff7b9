/**
 * Our stage-1 training step, for the harness to time: the protocol is that of bench/peers (README there).
 *
 *   npx tsx bench/ours/stage1.ts bench/peers/shapes.json --variant compiled --warm-up 5 --steps 20
 *
 * Variants: eager, compiled, xla, bf16 (compiled, products in bfloat16), recompute (compiled, blocks recomputed).
 */
import { readConfig, serve, variant } from './serve';
import { trainingConfig } from './training';

interface StepConfig {
  width: number;
  layers: number;
  heads: number;
  feedForward: number;
  queries: number;
  crossAttentionFrequency: number;
  visionWidth: number;
  patches: number;
  vocabulary: number;
  tokens: number;
  batch: number;
  projection: number;
  dropout: number;
}

async function main(): Promise<void> {
  const c = readConfig<StepConfig>();
  const { computeValues, ParameterStore, Rng, runEagerly } = await import('../../packages/core/src/runtime');
  const { blip2QformerParameters } = await import('../../packages/core/src/models');
  const { stage1Losses } = await import('../../packages/core/src/losses');
  const { TrainingStep } = await import('../../packages/core/src/train/step');
  const { stage1Cost } = await import('../../packages/core/src/recipes/plan/qformerCost');

  const config = {
    qformer: {
      numQueryTokens: c.queries,
      hiddenSize: c.width,
      numHiddenLayers: c.layers,
      numAttentionHeads: c.heads,
      intermediateSize: c.feedForward,
      crossAttentionFrequency: c.crossAttentionFrequency,
      encoderHiddenSize: c.visionWidth,
      useQformerTextInput: true,
      vocabSize: c.vocabulary,
      maxPositionEmbeddings: c.tokens,
      layerNormEps: 1e-12,
      hiddenDropoutProb: c.dropout,
      attentionProbsDropoutProb: c.dropout,
      embeddingRange: 0.02,
    },
    imageTextHiddenSize: c.projection,
    visionLayerNormEps: 1e-5,
    temperature: 0.07,
    decoderStartTokenId: c.vocabulary - 1,
  };
  const shape = [c.batch, c.patches, c.visionWidth];
  const image = { shape, data: computeValues(() => Rng.from(1).normal(shape)) };
  const textIds = Int32Array.from(
    { length: c.batch * c.tokens },
    (_, i) => 5 + ((i * 7919) % (c.vocabulary - 6)),
  );
  const textMask = Int32Array.from(textIds, (_, i) =>
    Number(i % c.tokens < c.tokens - (Math.floor(i / c.tokens) % 4)),
  );
  const text = (data: Int32Array) => ({ shape: [c.batch, c.tokens], data });
  const inputs = { image, textIds: text(textIds), textMask: text(textMask) };

  const parameters = ParameterStore.create(blip2QformerParameters(config), 0);
  const step = new TrainingStep(
    {
      parameters,
      model: undefined,
      inputs: () => inputs,
      loss: (w, x, rng) => {
        const batch = { image: x.image, textIds: x.textIds, textMask: x.textMask };
        const { loss, itc, itm, itg } = stage1Losses(w, config, batch, { rng });
        return { loss, itc: itc!, itm: itm!, itg: itg! };
      },
    },
    trainingConfig(c.batch, 1e-5, variant),
    { xla: variant === 'xla' },
  );

  const { forward, backward } = stage1Cost(config, { patches: c.patches, textLength: c.tokens });
  const operations = c.batch * (forward + backward);
  let done = 0;
  const one = () => step.run(done++);
  await serve(() => (variant === 'eager' ? runEagerly(one) : one()), { operations });
}

void main();
