/** The bench's rows: which peer counts, what is kept of an earlier run, what the page says. */
import { expect, test } from 'vitest';
import { CASES, type Peer } from '../../bench/cases';
import { page } from '../../bench/page';
import { fastest, mergeRows, peerFigure, rowOf } from '../../bench/rows';
import type { Timing } from '../../bench/worker';

const timing = (...times: number[]): Timing => ({ times, peakMemory: 2e9, operations: 3e9 });
const peer = (kind: Peer['kind'], variant: string): Peer => ({ kind, variant, precision: 'fp32' });
const setting = { torch: '2', peaks: { fp32: 600 } };
const mine = [timing(10, 11), timing(9)];
const row = (...peers: ReturnType<typeof peerFigure>[]) =>
  rowOf(CASES[0], CASES[0].variants[1], mine, { peers, failed: [] }, setting);

test('of the lean peers the fastest counts, each beside what ours took in the same turns', () => {
  const shipped = peerFigure(peer('shipped', 'shipped'), [timing(30)], [timing(10)]);
  const lean = peerFigure(peer('leanest', 'lean'), [timing(20)], [timing(10)]);
  const compiled = peerFigure(peer('leanest', 'compile'), [timing(22)], [timing(20)]); // a slow hour
  const found = row(shipped, lean, compiled);
  expect(found.ratios).toEqual({ shipped: 3, leanest: 1.1 });
  expect(found.peer).toMatchObject({ name: 'PyTorch 2 compile', kind: 'leanest', median: 22 });
  expect(found.ours).toMatchObject({
    median: 10,
    spread: [9, 11],
    samples: 3,
    gigaflops: 300,
    shareOfPeak: 0.5,
  });
  expect(fastest('shipped', [lean])).toBeUndefined();
});

test('a peer that did not run now keeps its earlier figure, one that did loses it', () => {
  const before = row(
    peerFigure(peer('shipped', 'shipped'), [timing(30)], mine),
    peerFigure(peer('leanest', 'lean'), [timing(20)], mine),
  );
  const now = row(peerFigure(peer('leanest', 'lean'), [timing(15)], mine));
  expect(now.ratios).toEqual({ shipped: null, leanest: 1.5 });
  expect(mergeRows(now, before, '2').ratios).toEqual({ shipped: 3, leanest: 1.5 });
  expect(mergeRows(now, undefined, '2')).toEqual(now);
});

test('the page names what failed, as text', () => {
  const failed = [{ ...peer('leanest', 'compile'), error: 'no <compiler>' }];
  const made = { commit: 'abc', finished: '2026-11-30T03:00:00Z' };
  const machine = { cpu: 'one', cores: 2, memoryGigabytes: 24, threads: 2, versions: { node: '20' } };
  const rows = [{ ...row(), failed, ...made }];
  const { text } = page({ machine, peaks: { fp32: 600 }, rows, curves: [] });
  expect(text).toContain('lean, compile did not run: <code>no &lt;compiler&gt;</code>');
  expect(text).toContain('30 November 2026');
  expect(text).not.toContain('undefined');
});
