/**
 * How much a step costs beside arithmetic, counted rather than timed: operations of its compiled functions, calls from
 * JavaScript, what goes to the device and comes back. On a GPU, which has none of our own operations.
 *
 *     npx tsx bench/traffic.ts
 */
import { printTable } from '../packages/core/src/cli/output';
import { TokenGenerator } from '../packages/core/src/generate';
import { stage1Losses } from '../packages/core/src/losses';
import { blip2Qformer, blip2QformerParameters, OPT, OPT_125M } from '../packages/core/src/models';
import { Weights } from '../packages/core/src/nn';
import { computeValues, onCompilation, ParameterStore, Rng, tf } from '../packages/core/src/runtime';
import { backend } from '../packages/core/src/runtime/tensorflow';
import { TrainingStep } from '../packages/core/src/train/step';
import { hostTraffic } from './hostTraffic';
import { trainingConfig } from './ours/training';

const compiled: string[] = [];
onCompilation(({ name, operations }) => compiled.push(`${name} ${operations}`));
const rows: Record<string, string | number>[] = [];

async function count(name: string, step: () => unknown): Promise<void> {
  await step();
  const { calls, uploads, downloads } = await hostTraffic(step);
  const text = ({ count, bytes }: { count: number; bytes: number }) =>
    `${count} (${bytes.toLocaleString('en')} B)`;
  const functions = compiled.splice(0).join(', ');
  rows.push({ step: name, functions, calls, 'to the device': text(uploads), back: text(downloads) });
}

/** Stage 1 behind ViT-g, of the paper's size but for few pictures: what is counted does not depend on how many. */
async function stage1(): Promise<void> {
  const [batch, tokens] = [2, 32];
  const config = blip2Qformer(1408);
  const image = computeValues(() => Rng.from(1).normal([batch, 257, 1408]));
  const text = (value: number) => ({
    shape: [batch, tokens],
    data: new Int32Array(batch * tokens).fill(value),
  });
  const inputs = { image: { shape: [batch, 257, 1408], data: image }, textIds: text(7), textMask: text(1) };
  const step = new TrainingStep(
    {
      parameters: ParameterStore.create(blip2QformerParameters(config), 0),
      model: undefined,
      inputs: () => inputs,
      loss: (w, x, rng) => {
        const { image, textIds, textMask } = x;
        const { loss, itc, itm, itg } = stage1Losses(w, config, { image, textIds, textMask }, { rng });
        return { loss, itc: itc!, itm: itm!, itg: itg! };
      },
    },
    trainingConfig(batch, 1e-5, 'compiled'),
  );
  let done = 0;
  await count('stage 1, a step', () => step.run(done++));
  step.dispose();
}

/** Generation with OPT-125m's shape. */
async function generation(beams: number): Promise<void> {
  const tower = OPT.build(OPT_125M);
  const generator = new TokenGenerator(
    tower,
    new Weights(ParameterStore.create(tower.parameters(), 0).readAll()),
  );
  const prompt = {
    embeddings: Rng.from(1).normal([1, 40, tower.hiddenSize]),
    mask: tf.ones([1, 40], 'int32'),
  };
  const tokens = 10;
  await count(`${tokens} tokens, ${beams === 1 ? 'greedy' : `${beams} beams`}`, () =>
    generator.generate(prompt, {
      ...{ maxNewTokens: tokens, minNewTokens: tokens, numBeams: beams },
      ...{ eosTokenId: tower.tokens.eos, padTokenId: tower.tokens.pad },
    }),
  );
}

async function main(): Promise<void> {
  Object.assign(backend.binding, { hasKernels: false });
  await stage1();
  await generation(1);
  await generation(5);
  printTable(rows);
}

void main();
