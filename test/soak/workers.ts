/**
 * One pre-training run of 2 and 3 workers, one of which is killed (SIGKILL) at a random moment; gone on with each time. Where
 * there are always two, it ends with the log and the weights of the run that nothing happened to, bit for bit; where it is
 * gone on with by 3, 2 and in the end 1, with its log values but for rounding.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { numbers } from '../checkpoints/hostileFiles';
import { randomTowerDir } from '../recipes/tower';
import { startWorkers, type Outcome } from '../support/workers';
import type { SoakOptions } from './main';
import {
  argumentsOf,
  differences,
  linesOf,
  loggedAt,
  PRETRAIN,
  QUIET,
  untilSteps,
  values,
  type Place,
} from './runs';

/** Workers lost, in each of the two runs. */
const FULL = 10;
const REDUCED = 2;
/** Of the run, for each worker lost: more than is done in between, so that the run does not end too early. */
const STEPS_PER_LOSS = 6;
/** Largest relative difference of a log value: sums of other numbers of workers are taken in another order. */
const ROUNDING = 1e-3;
/** How long those that are left may take to notice. */
const NOTICE_MS = 120_000;

/** How the lives of a run ended. */
interface Losses {
  lost: number;
  /** Of those, worker 0, which alone writes. */
  ofWorker0: number;
  /** Lives in which the others ended by themselves, and said so. */
  noticed: number;
  /** What went otherwise. */
  problems: string[];
}

const start = (run: Place, count: number) => startWorkers(count, PRETRAIN, argumentsOf(run), QUIET);

/** Kills one of the workers, some steps after training has begun again; false if they had ended. */
async function loseOne(
  run: Place,
  count: number,
  random: (below: number) => number,
  losses: Losses,
): Promise<boolean> {
  const before = loggedAt(run.out);
  const { children, ended } = await start(run, count);
  const victim = random(count);
  let over = false;
  const outcomes = ended.then((all) => {
    over = true;
    return all;
  });
  await untilSteps(run, { before, steps: random(STEPS_PER_LOSS), isOver: () => over });
  await setTimeout(random(100));
  if (over) {
    losses.problems.push(...complaints(await outcomes));
    return false;
  }
  children[victim].kill('SIGKILL');
  const patience = setTimeout(NOTICE_MS, 'late', { ref: false });
  if ((await Promise.race([outcomes, patience])) === 'late') {
    losses.problems.push(`worker ${victim} of ${count} was lost, and the others did not end`);
    for (const child of children) child.kill('SIGKILL');
  } else {
    const others = (await outcomes).filter((_, index) => index !== victim);
    const isSaid = others.every(({ code, stderr }) => code === 1 && /is gone[^]*--resume/.test(stderr));
    if (isSaid) losses.noticed++;
    else losses.problems.push(...others.map(({ code, stderr }) => `exit code ${code}: ${stderr}`));
  }
  await outcomes;
  losses.lost++;
  losses.ofWorker0 += Number(victim === 0);
  return true;
}

const complaints = (outcomes: Outcome[]) =>
  outcomes.filter(({ code }) => code !== 0).map(({ stderr }) => stderr);

/** Loses a worker `rounds` times, of as many as `counts` says in turn, and lets `last` workers bring the run to its end. */
async function disturb(
  run: Place,
  rounds: number,
  { counts, last }: { counts: readonly number[]; last: number },
  random: (below: number) => number,
  note: (message: string) => void,
): Promise<Losses> {
  const losses: Losses = { lost: 0, ofWorker0: 0, noticed: 0, problems: [] };
  for (let round = 0; round < rounds; round++) {
    const count = counts[round % counts.length];
    if (!(await loseOne(run, count, random, losses))) break;
    note(`${losses.lost} workers lost, now of ${count}; ${linesOf(run.out)} steps logged`);
  }
  losses.problems.push(...complaints(await (await start(run, last)).ended));
  return losses;
}

/**
 * Of what was logged of all steps the largest relative difference from another run's; infinite if there are other entries.
 * Evaluations are left out: recall jumps where two scores change places.
 */
function largestDifference(run: Place, undisturbed: Place): number {
  const [found, expected] = [run, undisturbed].map(({ out }) => values(out) as Record<string, unknown>[]);
  if (found.length !== expected.length) return Infinity;
  const all = expected.flatMap((entry, step) =>
    Object.entries(entry).map(([name, value]) => {
      const own = found[step][name];
      return typeof value !== 'number' || own === value ? 0 : Math.abs((own as number) / value - 1);
    }),
  );
  return Math.max(...all);
}

export async function workers({ reduced, count = reduced ? REDUCED : FULL, seed, note }: SoakOptions) {
  const random = numbers(seed);
  const dir = mkdtempSync(join(tmpdir(), 'blip2-soak-'));
  const shared = { tower: randomTowerDir(), steps: count * STEPS_PER_LOSS };
  const place = (name: string): Place => ({
    ...shared,
    out: join(dir, name),
    runs: join(dir, `${name}-runs`),
  });
  const [undisturbed, pairs, changing] = ['undisturbed', 'pairs', 'changing'].map(place);
  const problems = complaints(await (await start(undisturbed, 2)).ended);
  if (problems.length > 0) throw new Error(`The undisturbed run failed: ${problems.join('\n')}`);
  note(`undisturbed run of two workers: ${shared.steps} steps`);

  const always2 = await disturb(pairs, count, { counts: [2], last: 2 }, random, note);
  const differ = always2.problems.length > 0 ? always2.problems : differences(pairs, undisturbed);
  const changed = await disturb(changing, count, { counts: [3, 2], last: 1 }, random, note);
  const difference = largestDifference(changing, undisturbed);
  rmSync(dir, { recursive: true });
  const isWhole = ({ lost, noticed, problems: wrong }: Losses) =>
    lost === count && noticed === count && wrong.length === 0;
  return {
    ok: isWhole(always2) && differ.length === 0 && isWhole(changed) && difference <= ROUNDING,
    steps: shared.steps,
    always2: { ...always2, differ },
    changing: { ...changed, largestDifference: difference },
  };
}
