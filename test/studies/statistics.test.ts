// Expected values: scipy 1.17.1 (stats.t.ppf, stats.t.interval, stats.ttest_rel(…).confidence_interval).
import { describe, expect, test } from 'vitest';
import { interval95, judge, mean, sd, valueOf, type Claim } from '../../packages/core/src/studies';
import { neededBy, studentT975 } from '../../packages/core/src/studies/statistics';

test.each([
  [1, 12.706205],
  [4, 2.776445],
  [30, 2.042272],
  [31, 2.039513446],
  [40, 2.02107539],
  [99, 1.984216952],
  [1000, 1.962339081],
])('97.5%% quantile of t with %d degrees of freedom', (degrees, expected) => {
  expect(studentT975(degrees)).toBeCloseTo(expected, 5);
});

test('quantiles fall with the degrees of freedom, over the end of the table as well', () => {
  const values = Array.from({ length: 60 }, (_, i) => studentT975(i + 1));
  expect(values).toEqual([...values].sort((a, b) => b - a));
});

test('mean, sd and interval of a sample', () => {
  const values = [3.1, -0.4, 2.2, 5.0, 1.7];
  expect(mean(values)).toBeCloseTo(2.32, 10);
  expect(sd(values)).toBeCloseTo(1.974082065, 8);
  expect(interval95(values).low).toBeCloseTo(-0.13114663, 5);
  expect(interval95(values).high).toBeCloseTo(4.77114663, 5);
});

const CLAIM: Claim = { text: 'b beats a', metric: 'R@1', better: 'b', worse: 'a' };
const seed = (a: number, b: number) => ({
  measurements: [
    { arm: 'a', metric: 'R@1', value: a },
    { arm: 'b', metric: 'R@1', value: b },
    { arm: 'b', metric: 'R@5', value: 100 },
  ],
});

describe('a claim', () => {
  test('does not hold while its interval has zero in it, however large the mean', () => {
    const finding = judge(CLAIM, [seed(70.1, 71.2), seed(66, 69.8), seed(70.5, 73.1)]);
    expect(finding).toMatchObject({ ...CLAIM, n: 3, verdict: 'does not hold' });
    expect(finding.mean).toBeCloseTo(2.5, 10);
    expect(finding.low).toBeCloseTo(-0.860479, 5);
    expect(finding.high).toBeCloseTo(5.860479, 5);
  });

  test('holds if the interval is above zero, and not if it is below', () => {
    const results = [seed(10, 20), seed(11, 20), seed(10, 21)];
    expect(judge(CLAIM, results).verdict).toBe('holds');
    expect(judge({ ...CLAIM, better: 'a', worse: 'b' }, results).verdict).toBe('does not hold');
  });

  test('of one seed, or none, is not judged', () => {
    expect(judge(CLAIM, [seed(1, 3)])).toEqual({
      ...CLAIM,
      ...{ n: 1, mean: 2, sd: null, low: null, high: null, unfit: 0, verdict: 'too few seeds' },
    });
    expect(judge(CLAIM, []).mean).toBeNull();
  });

  test('is not judged if a seed lacks what it needs, whatever the others say', () => {
    const needs = { text: 'b runs long', metric: 'steps', arm: 'b', than: 'a', times: 3 };
    const ran = (a: number, b: number) => [
      { arm: 'a', metric: 'steps', value: a },
      { arm: 'b', metric: 'steps', value: b },
    ];
    const long = [1, 2, 3].map((a) => ({
      measurements: [...seed(a, a + 9 + a / 9).measurements, ...ran(100, 300)],
    }));
    const short = { measurements: [...seed(1, 9).measurements, ...ran(100, 299)] };
    const claim = { ...CLAIM, needs };
    expect(judge(claim, long)).toMatchObject({ n: 3, unfit: 0, verdict: 'holds' });
    expect(judge(claim, [...long, short])).toMatchObject({ n: 4, unfit: 1, verdict: 'cannot tell' });
    expect(judge(claim, [short])).toMatchObject({ n: 1, mean: 8, unfit: 1, verdict: 'cannot tell' });
    expect(judge(claim, [seed(1, 9), seed(1, 8)])).toMatchObject({ unfit: 2, verdict: 'cannot tell' });
    expect(neededBy(claim)).toEqual([
      { arm: 'b', metric: 'R@1' },
      { arm: 'a', metric: 'R@1' },
      { arm: 'b', metric: 'steps' },
      { arm: 'a', metric: 'steps' },
    ]);
  });

  test('is judged by the seeds that have both arms', () => {
    const half = { measurements: seed(1, 2).measurements.slice(0, 1) };
    expect(judge(CLAIM, [seed(1, 3), half, seed(1, 4)]).n).toBe(2);
  });
});

test('what an arm reached is the number without a step, or else the last of its curve', () => {
  const curve = [300, 100, 200].map((step) => ({ arm: 'a', metric: 'VQA', value: step / 10, step }));
  expect(valueOf(curve, 'a', 'VQA')).toBe(30);
  expect(valueOf([...curve, { arm: 'a', metric: 'VQA', value: 7 }, ...curve], 'a', 'VQA')).toBe(7);
  expect(valueOf(curve, 'b', 'VQA')).toBeUndefined();
});
