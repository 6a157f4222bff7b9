/** `blip2 plan` from the command line. */
import { expect, test } from 'vitest';
import { blip2 } from './run';

test('--json: every run of the recipes asked for, and the part of the machines that the paper used', async () => {
  const recipes = ['--recipe', 'paper-vit-g', '--language', 'flan-t5-xxl'];
  const { code, stdout } = await blip2('plan', '--gpus', '16', '--tflops', '312', ...recipes, '--json');
  const plan = JSON.parse(stdout) as {
    impliedUtilisation: { stage1: number; stage2: number };
    runs: {
      stage: string;
      language?: string;
      trainable: number;
      days: number;
      scaling: { workers: number }[];
    }[];
  };
  expect(plan.impliedUtilisation.stage1).toBeCloseTo(0.114, 3);
  expect(plan.impliedUtilisation.stage2).toBeCloseTo(0.25, 3);
  expect(plan.runs.map(({ stage, language }) => [stage, language])).toEqual([
    ['stage1', undefined],
    ['stage2', 'flan-t5-xxl'],
  ]);
  // Not less than the paper's own days: gradients are summed on top.
  expect(plan.runs[0].days).toBeGreaterThan(6);
  expect(plan.runs[0].days).toBeLessThan(6.5);
  expect(plan.runs[1].days).toBeGreaterThan(3);
  expect(plan.runs[1].days).toBeLessThan(3.2);
  expect(plan.runs[0].scaling.map(({ workers }) => workers)).toEqual([1, 2, 4, 8, 16]);
  expect(code).toBe(0);
});

test('for people: a table with the cost, and what the paper used', async () => {
  const { code, stdout } = await blip2('plan', '--gpus', '6', '--recipe', 'lavis-vit-l', '--price', '2');
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^recipe +stage +trained +total +steps +batch .*cost$/);
  expect(lines[1]).toMatch(/^lavis-vit-l +1 +183\.2M +0\.47B +8340 +1600 /);
  expect(stdout).toMatch(/at least 11\.4% \(stage 1\) and 25\.0% \(stage 2\)/);
  expect(code).toBe(0);
});

test.each([
  [['--gpus', '0'], /at least 1/],
  [['--tflops', 'many'], /above 0/],
  [['--recipe', 'paper-vit-x'], /Did you mean paper-vit-/],
])('%j is wrong usage', async (args, message) => {
  const { code, stderr } = await blip2('plan', ...args);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});
