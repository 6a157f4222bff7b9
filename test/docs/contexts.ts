/** What the examples of a page take for granted, in TypeScript: imports of earlier pages, and what a reader has at hand. */
const bundle = `import { attentionView, show, type AttentionBundle } from '@blip2/core';
declare const bundle: AttentionBundle;
`;

export const CONTEXTS: Readonly<Record<string, string>> = {
  'datasets/README.md': `import { drawDocument } from '@blip2/datasets';
`,
  'docs/attention-explorer.md': `${bundle}declare const objects: boolean[];
declare const tslab: { display: { raw(type: string, data: string): void } };
`,
  'docs/checkpoints.md': `import { BLIP2, type Prompt, type Tensor } from '@blip2/core';
declare const prompt: Prompt;
declare const target: Tensor;
`,
  'docs/evaluation.md': `import { openQuestionSet, SetEvaluator, writeEvaluationPage } from '@blip2/core';
`,
  'docs/generation.md': `import type { Tensor } from '@blip2/core';
declare const prompts: string[];
declare const embeddings: Tensor;
declare const mask: Tensor;
declare const promptIds: number[][];
`,
  'docs/inference.md': `import { asBlip2, askingBlip2, evaluateVqa, openRun, saveBlip2, shapes } from '@blip2/core';
const world = shapes();
`,
  'docs/limitations.md': `import { Blip2, Conversation, shapes } from '@blip2/core';
const data = shapes();
declare const dir: string;
declare const image: string;
`,
  'docs/metrics.md': `declare const predictions: string;
declare const annotations: string;
declare const answers: string[];
`,
  'docs/notebooks.md': `${bundle}import { armsTable, attentionPicture, findingsTable, imageGrid, LiveLossCurve, lossCurve, readResults } from '@blip2/core';
import { STUDIES, table, train, type Recipe, type Run } from '@blip2/core';
declare const run: Run;
declare const recipe: Recipe;
declare const rows: object[];
declare class DataFrame { columns: string[]; values: number[][]; constructor(rows: object[]); }
`,
  'docs/own-data.md': `import { emoji } from '@blip2/core';
`,
  'docs/report.md': `import { Blip2, shapes, shapesSamples, type Sample } from '@blip2/core';
declare const image: Sample['image'];
declare const captions: Sample['captions'];
declare const answers: Sample['answers'];
declare const attention: Sample['attention'];
`,
  'docs/tokenizers.md': `declare const prompts: string[];
declare const ids: number[];
`,
  'docs/training.md': `import type { Recipe, Stage1Model } from '@blip2/core';
declare const recipe: Recipe<Stage1Model>;
`,
};
