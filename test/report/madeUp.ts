/** Made-up studies and results for tests of the report. No number here was measured. */
import { attentionBundle } from '../../packages/core/src/attention';
import type { Sample } from '../../packages/core/src/report';
import {
  inputsHash,
  type Measurement,
  type Scale,
  type Study,
  type StudyResult,
} from '../../packages/core/src/studies';

const never = () => Promise.reject(new Error('A made-up study measures nothing.'));
/** The same for all studies. */
const inputs = { settings: {}, towers: [] };
const seconds = { full: 1260, short: 170, smoke: 5 };

export const FIGURE5: Study = {
  name: 'figure5',
  title: 'What stage 1 is for',
  source: 'Section 4.1, Figure 5',
  announcement:
    'Made up: zero-shot VQA over the steps of stage 2, with and without stage 1 before it, for a decoder and for an encoder-decoder.',
  seconds,
  inputs,
  measure: never,
  claims: [
    ['OPT', 'Stage 1 makes zero-shot VQA far better with OPT.'],
    ['FlanT5', 'Stage 1 makes zero-shot VQA far better with FlanT5.'],
  ].map(([family, text]) => ({
    text,
    metric: `VQA accuracy, ${family}`,
    better: 'with stage 1',
    worse: 'without stage 1',
    paper: { says: 'far higher', where: 'figure 5' },
  })),
  paper: [],
};

export const TABLE6: Study = {
  name: 'table6',
  title: 'ITG helps retrieval',
  source: 'Section 4.4, Table 6',
  announcement:
    'Made up: fine-tuned for retrieval from one checkpoint, with the captioning loss and without it.',
  seconds,
  inputs,
  measure: never,
  claims: [
    {
      text: 'ITG improves image-to-text retrieval.',
      metric: 'R@1 image→text',
      better: 'ITC + ITM + ITG',
      worse: 'ITC + ITM',
      paper: { says: 'higher', where: 'table 6' },
    },
    {
      text: 'ITG improves text-to-image retrieval.',
      metric: 'R@1 text→image',
      better: 'ITC + ITM + ITG',
      worse: 'ITC + ITM',
    },
  ],
  paper: [
    { arm: 'ITC + ITM', metric: 'R@1 image→text', value: 84.5 },
    { arm: 'ITC + ITM + ITG', metric: 'R@1 image→text', value: 85.4 },
    { arm: 'ITC + ITM', metric: 'R@5 image→text', value: 96.2 },
    { arm: 'ITC + ITM + ITG', metric: 'R@5 image→text', value: 97 },
    { arm: 'ITC + ITM', metric: 'R@1 text→image', value: 67.2 },
    { arm: 'ITC + ITM + ITG', metric: 'R@1 text→image', value: 68.3 },
  ],
};

export const ATTENTION: Study = {
  name: 'attention',
  title: 'Queries look at objects',
  source: 'Section 3.1 (not measured there)',
  announcement: 'Made up: attention on object patches over what chance gives.',
  seconds,
  inputs,
  measure: never,
  claims: [
    {
      text: 'Trained queries look at objects more than untrained ones.',
      metric: 'attention over chance, layer 2',
      better: 'trained',
      worse: 'untrained',
    },
  ],
  paper: [],
};

export const STUDIES: readonly Study[] = [FIGURE5, TABLE6, ATTENTION];

/** Something like noise between −1 and 1, the same each time. */
const wobble = (seed: number, at: number) => Math.sin(12.9898 * (seed + 1) + 78.233 * at);

const STEPS = [0, 50, 100, 150, 200, 250, 300];

function measurementsOf(study: string, seed: number): Measurement[] {
  if (study === 'figure5') {
    const arms = { 'with stage 1': 0, 'without stage 1': 1, 'question alone': 2 };
    return ['OPT', 'FlanT5'].flatMap((family, f) =>
      Object.entries(arms).flatMap(([arm, a]) =>
        STEPS.map((step) => {
          const rise = 1 - Math.exp(-step / [60, 120, 40][a]);
          const value = 4 + rise * ([80, 46, 22][a] - 20 * f) + 2.5 * wobble(seed, step + a + f);
          return { arm, metric: `VQA accuracy, ${family}`, value, step };
        }),
      ),
    );
  }
  if (study === 'table6') {
    return ['R@1 image→text', 'R@5 image→text', 'R@1 text→image'].flatMap((metric, m) =>
      ['ITC + ITM', 'ITC + ITM + ITG'].map((arm, a) => ({
        arm,
        metric,
        value: [70, 92, 66][m] + [6, 2, -0.4][m] * a + 1.5 * wobble(seed, 3 * m + a),
      })),
    );
  }
  return ['attention over chance, layer 0', 'attention over chance, layer 2'].flatMap((metric, m) =>
    ['untrained', 'trained'].map((arm, a) => ({
      arm,
      metric,
      value: 1 + (0.9 + m) * a + 0.06 * wobble(seed, m + a),
    })),
  );
}

export function result(study: string, seed: number, scale: Scale = 'full'): StudyResult {
  return {
    study,
    seed,
    scale,
    measurements: measurementsOf(study, seed),
    runs: ['stage1', 'stage2-opt'].map((name, i) => ({
      name,
      hash: `${i}${seed}`.repeat(32),
      dir: `runs/${name}-${`${i}${seed}`.repeat(4)}`,
      steps: scale === 'full' ? 1000 : 334,
      batchSize: 64,
      learningRate: 0.002,
    })),
    inputs: inputsHash(FIGURE5, scale),
    environment: {
      blip2: '0.1.0',
      node: '22.0.0',
      tensorflow: '2.21.0',
      cpu: 'A made-up processor',
      features: ['AVX2', 'FMA', 'AVX-512'],
      threads: 2,
    },
    command: `npx blip2 reproduce ${study} --seeds 5`,
    seconds: 1234,
    finished: '2026-01-02T03:04:05.000Z',
  };
}

/** Five seeds of every study. */
export const COMMITTED = STUDIES.flatMap(({ name }) => [0, 1, 2, 3, 4].map((seed) => result(name, seed)));

const SIDE = 64;

/** A picture of a red square and a blue one on grey, with a query on each. */
export async function sample(): Promise<Sample> {
  const inside = (x: number, y: number, left: number, top: number) =>
    x >= left && x < left + 16 && y >= top && y < top + 16;
  const data = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE), i % 3];
    if (inside(x, y, 8, 8)) return [200, 40, 30][channel];
    if (inside(x, y, 40, 40)) return [40, 70, 200][channel];
    return 128 + 12 * Math.sin(x / 3 + y / 5);
  });
  const image = { width: SIDE, height: SIDE, data };
  const [heads, queries, patches] = [2, 8, 64];
  const centers = [10, 45];
  const map = (layer: number) => {
    const values = Float32Array.from({ length: heads * queries * (1 + patches) }, (_, i) => {
      const [query, token] = [Math.floor(i / (1 + patches)) % queries, i % (1 + patches)];
      if (token === 0) return 0.1;
      const center = centers[query % 2] + (query > 4 ? layer : 0);
      const [dx, dy] = [(token - 1 - center) % 8, Math.floor((token - 1) / 8) - Math.floor(center / 8)];
      return Math.exp(-(dx * dx + dy * dy) / (1 + query));
    });
    return { layer, shape: [heads, queries, 1 + patches], values };
  };
  return {
    image,
    captions: [
      { by: 'the world', text: 'a red square above a blue square' },
      { by: 'BLIP-2, OPT', text: 'a red square left of a blue square', right: true },
      { by: 'BLIP-2, FlanT5', text: 'a red circle above a blue square', right: false },
    ],
    answers: [
      { question: 'what color is the upper square?', answer: 'red', by: 'BLIP-2, OPT', right: true },
      { question: 'how many circles are there?', answer: 'one', by: 'BLIP-2, OPT', right: false },
    ],
    attention: await attentionBundle({ image, maps: [map(0), map(2)] }),
    objects: Array.from({ length: patches }, (_, i) => [9, 10, 17, 18, 45, 46, 53, 54].includes(i)),
  };
}
