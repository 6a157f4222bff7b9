/**
 * Where should weights and moments live: as inputs and outputs of the compiled step (functional state), or as
 * resource variables that it updates in place? Prints the peak memory and the step time of both.
 *
 *   npx tsx bench/runtime/state.ts variables 100      (100 matrices of 1024 × 1024, AdamW)
 *   npx tsx bench/runtime/state.ts functional 100
 */
import {
  applyAdamW,
  compile,
  createMoments,
  ParameterStore,
  tf,
  type Tensor,
} from '../../packages/core/src/runtime';

const [kind, count] = [process.argv[2], Number(process.argv[3] ?? 100)];
const STEPS = 10;
const options = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 };
const specs = Object.fromEntries(
  Array.from({ length: count }, (_, i) => [
    `w${i}`,
    { shape: [1024, 1024], init: { kind: 'normal', std: 0.02 } as const },
  ]),
);

function peakGigabytes(): number {
  return process.resourceUsage().maxRSS / 1e6;
}

/** Every gradient is the weight itself: the cost is that of the update alone. */
function variables(): () => void {
  const parameters = ParameterStore.create(specs, 0);
  const stores = { parameters, ...createMoments(parameters) };
  const step = compile((learningRate: Tensor, one: Tensor) => {
    const rates = { learningRate, weightDecay: one, correction1: one, correction2: one };
    const updates = parameters.names().map((name) => ({
      name,
      gradient: parameters.read(name),
      rates,
      decay: true,
    }));
    applyAdamW(updates, one, stores, options);
    return {};
  });
  return () => tf.tidy(() => void step(tf.scalar(1e-3), tf.scalar(0.5)));
}

function functional(): () => void {
  const parameters = ParameterStore.create(specs, 0);
  let state = Object.values(parameters.readAll()).map((w) => [w, tf.zerosLike(w), tf.zerosLike(w)]);
  parameters.dispose();
  const step = compile((tensors: Tensor[][], learningRate: Tensor, half: Tensor) =>
    tensors.map(([w, m, v]) => {
      const g = w;
      const first = tf.add(tf.mul(m, options.beta1), tf.mul(g, 1 - options.beta1));
      const second = tf.add(tf.mul(v, options.beta2), tf.mul(tf.square(g), 1 - options.beta2));
      const change = tf.div(tf.mul(first, learningRate), tf.add(tf.sqrt(second), options.epsilon));
      return [tf.sub(tf.sub(w, tf.mul(w, tf.mul(learningRate, half))), change), first, second];
    }),
  );
  return () => {
    const rate = tf.scalar(1e-3);
    const half = tf.scalar(0.5);
    const next = step(state, rate, half);
    tf.dispose([state, rate, half]);
    state = next;
  };
}

const run = kind === 'functional' ? functional() : variables();
run();
const start = performance.now();
for (let i = 0; i < STEPS; i++) run();
const milliseconds = (performance.now() - start) / STEPS;
const ideal = (count * 3 * 4 * 1024 * 1024) / 1e9;
console.log(JSON.stringify({ kind, idealGigabytes: ideal, peakGigabytes: peakGigabytes(), milliseconds }));
