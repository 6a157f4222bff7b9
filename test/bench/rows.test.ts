/** The bench's rows: which peer counts, what is kept of an earlier run, what tables and the page say. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CASES, type Peer } from '../../bench/cases';
import { page } from '../../bench/page';
import { readResults } from '../../bench/results';
import { mergeRows, peerFigure, peersBeside, ratioText, rowOf } from '../../bench/rows';
import type { Timing } from '../../bench/worker';

const timing = (...times: number[]): Timing => ({ times, peakMemory: 2e9, operations: 3e9 });
const peer = (kind: Peer['kind'], variant: string): Peer => ({ kind, variant, precision: 'fp32' });
const setting = { torch: '2', peaks: { fp32: 600 } };
const mine = [timing(10, 11), timing(9)];
const row = (...peers: ReturnType<typeof peerFigure>[]) =>
  rowOf(CASES[0], CASES[0].variants[1], mine, { peers, failed: [] }, setting);

test('of all peers the fastest counts, each beside what ours took in the same turns', () => {
  const shipped = peerFigure(peer('shipped', 'shipped'), [timing(30)], [timing(10)]);
  const lean = peerFigure(peer('leanest', 'lean'), [timing(20)], [timing(10)]);
  const compiled = peerFigure(peer('leanest', 'compile'), [timing(22)], [timing(20)]); // a slow hour
  const found = row(shipped, lean, compiled);
  expect(found.ratios).toEqual({ shipped: 3, fastest: 1.1 });
  expect(found.peer).toMatchObject({ name: 'PyTorch 2 compile', kind: 'leanest', median: 22 });
  expect(found.ours).toMatchObject({
    median: 10,
    spread: [9, 11],
    samples: 3,
    gigaflops: 300,
    shareOfPeak: 0.5,
  });
  expect(found.config).toMatchObject({ patches: 37 });
  expect(peersBeside([lean])).toEqual({ shipped: undefined, fastest: lean });
});

test('where the shipped peer is faster than the lean one, it is the one that counts', () => {
  const shipped = peerFigure(peer('shipped', 'shipped'), [timing(15)], mine);
  const lean = peerFigure(peer('leanest', 'lean'), [timing(20)], mine);
  expect(row(shipped, lean)).toMatchObject({ ratio: 1.5, ratios: { shipped: 1.5, fastest: 1.5 } });
  expect(row(shipped, lean).peer).toMatchObject({ kind: 'shipped' });
});

test('memory of its own is the highest of all turns, its ratio beside that of the same turns', () => {
  const own = (ownMemory: number) => ({ ...timing(10), ownMemory });
  const shipped = peerFigure(peer('shipped', 'shipped'), [own(2e9), own(4e9)], [own(1e9), own(3e9)]);
  expect(shipped).toMatchObject({ ownGigabytes: 4, ownMemoryRatio: 0.75, memoryRatio: 1 });
  expect(row(shipped).ownMemoryRatios).toEqual({ shipped: 0.75, fastest: 0.75 });
  // Where the system does not tell, nothing is said.
  expect(row(peerFigure(peer('shipped', 'shipped'), [timing(10)], mine)).ownMemoryRatios.shipped).toBeNull();
});

test('a ratio is marked where the ranges overlap', () => {
  const { ours } = row();
  const ratioOf = (...times: number[]) =>
    ratioText(peerFigure(peer('shipped', 'shipped'), [timing(...times)], mine), ours);
  expect(ratioOf(11, 13)).toBe('≈ 1.20');
  expect(ratioOf(12, 13)).toBe('1.25');
  expect(ratioText(undefined, ours)).toBe('–');
});

test('a peer that did not run now keeps its earlier figure, one that did loses it', () => {
  const before = row(
    peerFigure(peer('shipped', 'shipped'), [timing(30)], mine),
    peerFigure(peer('leanest', 'lean'), [timing(20)], mine),
  );
  const now = row(peerFigure(peer('leanest', 'lean'), [timing(15)], mine));
  expect(now.ratios).toEqual({ shipped: null, fastest: 1.5 });
  expect(mergeRows(now, before, '2').ratios).toEqual({ shipped: 3, fastest: 1.5 });
  expect(mergeRows(now, undefined, '2')).toEqual(now);
  expect(mergeRows(now, { ...before, config: {} }, '2')).toEqual(now); // other work
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
  expect(text).toContain('10 (9–11), n = 3');
});

test.each(['docs/results/bench', 'docs/results/bench-amx'])(
  'the committed page of %s is what its results say',
  (dir) => {
    expect(page(readResults(dir)!).text).toBe(readFileSync(`${dir}/index.html`, 'utf8'));
  },
);
