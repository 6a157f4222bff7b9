import { expect, test } from 'vitest';
import { featuresOf } from '../../packages/core/src/runtime/cpu';
import { atLeast } from '../../packages/core/src/cli/doctor';
import { table } from '../../packages/core/src/cli/output';

test('tables are aligned, numbers to the right', () => {
  const rows = [
    { scores: 'ITC', 'R@1': 84, n: 5 },
    { scores: 'ITM re-ranked', 'R@1': 9.25, n: 12 },
  ];
  expect(table(rows).split('\n')).toEqual([
    'scores         R@1   n',
    'ITC             84   5',
    'ITM re-ranked  9.3  12',
  ]);
  expect(table([])).toBe('');
});

test('versions are compared as numbers', () => {
  expect(atLeast('2.21.0', [2, 16])).toBe(true);
  expect(atLeast('2.9.1', [2, 16])).toBe(false);
  expect(atLeast('v20.19.0', [20, 19])).toBe(true);
  expect(atLeast('v18.20.0', [20, 19])).toBe(false);
});

test('processor features come from the flags of /proc/cpuinfo', () => {
  const cpuinfo = 'model name\t: Xeon\nflags\t\t: fpu avx2 fma avx512f avx512_bf16 amx_tile amx_bf16\n';
  expect(featuresOf(cpuinfo)).toEqual(['AVX2', 'FMA', 'AVX-512', 'AVX-512 BF16', 'AMX', 'AMX BF16']);
  expect(featuresOf('Features : asimd')).toBeUndefined();
});
