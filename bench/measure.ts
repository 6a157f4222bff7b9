/** One case: ours and its peers take turns, so that whatever else the machine does falls on all. */
import type { Case, Peer, Variant } from './cases';
import type { Peaks } from './peak';
import { differenceOf } from './difference';
import { ourWorker, peerWorker, type Program } from './processes';
import { peerFigure, rowOf, type FailedPeer, type PeerFigure, type Row } from './rows';
import type { Timing, Worker } from './worker';

/** Of a whole run. */
export interface Setting {
  threads: string;
  /** PyTorch's version, where it is there. */
  torch?: string;
  peaks: Peaks;
  say: (message: string) => void;
}

const LEAST_TURNS = 3;
const MOST_TURNS = 10;
/** Of weights in float16 beside float32, too; of other tokens it is far more. */
const MOST_DIFFERENCE = 0.02;

/** @param peers that ours is to meet @throws Error if ours does not run */
export async function measure(
  what: Case,
  variant: Variant,
  peers: readonly Peer[],
  setting: Setting,
): Promise<Row> {
  const program = (file: string, name: string): Program => ({
    ...{ file, variant: name, config: what.config, threads: setting.threads, warmUp: what.warmUp },
  });
  const failed: FailedPeer[] = [];
  const found: PeerFigure[] = [];
  const mine: Timing[] = [];
  const started = performance.now();
  const ours = ourWorker(program(what.ours, variant.name));
  try {
    await ours.ready(); // alone: compilation is timed, too
    for (const group of what.inPairs && peers.length > 0 ? peers.map((peer) => [peer]) : [peers]) {
      const alive: { peer: Peer; worker: Worker; timings: Timing[]; error?: string }[] = [];
      for (const peer of group) {
        const worker = peerWorker(program(what.peer, peer.variant));
        const error = await errorOf(worker.ready());
        if (error !== undefined) failed.push({ ...peer, error });
        else alive.push({ peer, worker, timings: [] });
      }
      const beside = await takeTurns(what, ours, alive);
      for (const { peer, worker, timings, error } of alive) {
        await worker.stop();
        const reason = error ?? otherResult(variant, peer, beside[0], timings[0]);
        if (reason !== undefined) failed.push({ ...peer, error: reason });
        else found.push(peerFigure(peer, timings, beside));
      }
      mine.push(...beside);
    }
  } finally {
    await ours.stop();
  }
  for (const { variant: name, error } of failed) setting.say(`  ${name}: ${error}`);
  setting.say(`  ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return rowOf(what, variant, mine, { peers: found, failed }, setting);
}

/** Of what is float32 on both sides: a peer that does not compute what ours does is none. */
function otherResult(variant: Variant, peer: Peer, ours: Timing, theirs: Timing): string | undefined {
  if (!ours.sample || !theirs.sample || [variant, peer].some(({ precision }) => precision !== 'fp32')) return;
  const difference = differenceOf(ours.sample, theirs.sample);
  return difference < MOST_DIFFERENCE ? undefined : `its result is not ours: they differ by ${difference}`;
}

async function errorOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What ours took. A peer that fails takes no further turns. */
async function takeTurns(
  { steps, seconds }: Case,
  ours: Worker,
  peers: { worker: Worker; timings: Timing[]; error?: string }[],
): Promise<Timing[]> {
  const mine: Timing[] = [];
  const began = performance.now();
  const isOver = () => performance.now() - began > seconds * 1000;
  for (let turn = 0; turn < MOST_TURNS && (turn < LEAST_TURNS || !isOver()); turn++) {
    mine.push(await ours.run(steps));
    for (const peer of peers) {
      if (peer.error !== undefined) continue;
      const run = peer.worker.run(steps);
      peer.error = await errorOf(run);
      if (peer.error === undefined) peer.timings.push(await run);
    }
  }
  return mine;
}
