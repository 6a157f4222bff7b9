/** What the bench's cases load: models that their files name, weights that are not degenerate, results that two sides share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CASES } from '../../bench/cases';
import { CURVES } from '../../bench/curves';
import { differenceOf } from '../../bench/difference';
import { MODELS } from '../../bench/models';
import { configOf, type Sizes } from '../../bench/processes';
import { writeRandomFolder } from '../../bench/randomFolder';
import { openModelFolder } from '../../packages/core/src/checkpoints';

const named = ({ model = [] }: Sizes): string[] => [model].flat() as string[];

test('every model that a case or a point of a curve names is there', () => {
  const points = CURVES.flatMap(({ config, values, at }) =>
    values.map((value) => at(configOf(config), value).sizes),
  );
  const names = [...CASES.map(({ config }) => configOf(config)), ...points].flatMap(named);
  expect(names).toContain('vit-b-448');
  expect(names.filter((name) => !(name in MODELS))).toEqual([]);
});

test('weights repeat neither rows nor other tensors, norms are 1 and 0', () => {
  const shapes = { a: [4097, 768], b: [4097, 768], 'norm.weight': [3], 'norm.bias': [3] };
  const specs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, init: () => 0 as never }]),
  );
  const read = () => {
    const dir = mkdtempSync(join(tmpdir(), 'blip2-random-'));
    try {
      const model = { config: { modelType: 'none' }, tokenizer: 'tokenizer', imageSize: 224 };
      writeRandomFolder(dir, { ...model, specs } as never, 'F32');
      const { tensors } = openModelFolder(dir);
      return new Map([...tensors].map(([name, file]) => [name, file.float32(name)]));
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
  const tensors = read();
  const values = (name: string) => tensors.get(name)!;
  const table = values('a');
  const row = (i: number) => [...table.subarray(768 * i, 768 * i + 8)];
  expect(new Set(Array.from({ length: 4097 }, (_, i) => row(i).join())).size).toBe(4097);
  expect(values('b').slice(0, 8)).not.toEqual(table.slice(0, 8));
  expect(Math.max(...table.subarray(0, 9999).map(Math.abs))).toBeLessThan(1 / 64 + 1e-9);
  expect([...values('norm.weight'), ...values('norm.bias')]).toEqual([1, 1, 1, 0, 0, 0]);
});

test('results are compared by their largest difference, and what is no number is never the same', () => {
  expect(differenceOf([1, -4], [1, -3.9])).toBeCloseTo(0.025);
  expect(differenceOf([40_000, 7], [40_000, 7])).toBe(0);
  expect(differenceOf([40_000, 7], [40_001, 7])).toBe(Infinity);
  expect(differenceOf([1, 2], [1])).toBe(Infinity);
  expect(differenceOf([1, NaN], [1, 2])).toBe(Infinity);
});
