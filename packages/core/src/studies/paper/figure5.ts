/**
 * Figure 5 at the paper's scale: accuracy on VQAv2 over the steps of stage 2, with and without stage 1 before it. There are
 * no published weights of such runs: each curve is a folder of models of one's own.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { score, type PaperRow, type PaperTable } from './table';

const CURVES = [
  ['opt-with-stage1', 'OPT with stage 1'],
  ['opt-without-stage1', 'OPT without stage 1'],
  ['t5-with-stage1', 'FlanT5 with stage 1'],
  ['t5-without-stage1', 'FlanT5 without stage 1'],
] as const;

/** How its models lie. */
export const FIGURE5_LAYOUT =
  'figure5/{opt,t5}-{with,without}-stage1/step-N, each a folder of a BLIP-2 (saveBlip2 of a run of stage 2 at that step)';

const COLUMN = 'VQAv2 val';

/** A row for each step that there is a model of. */
export function figure5Table(models: string): PaperTable {
  const rows = CURVES.flatMap(([folder, name]) =>
    stepsIn(join(models, 'figure5', folder)).map((step): PaperRow => ({
      name: `${name}, step ${step.toLocaleString('en')}`,
      cells: { [COLUMN]: { ours: score(`figure5/${folder}/step-${step}`, 'vqav2-val') } },
    })),
  );
  return {
    name: 'figure5',
    title: 'Stage 2 with and without stage 1: zero-shot VQAv2',
    source: 'figure 5, section 4.1',
    columns: [COLUMN],
    rows,
    notes: [
      'The paper’s figure has no numbers: without stage 1 both are far lower, and OPT’s falls as training goes on.',
    ],
  };
}

function stepsIn(dir: string): number[] {
  if (!existsSync(dir)) return [];
  const steps = readdirSync(dir).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => a - b);
}
