/** What people see of all studies together. */
import { expect, test } from 'vitest';
import { OverallProgress, type StudyEvent, type StudyResult } from '../../packages/core/src/studies';
import { fake } from './fakes';

const studies = [fake('one'), fake('two')];
const job = (study: number, seed: number) => ({ study: studies[study], seed });

function watch(isTTY: boolean, jobs = 1) {
  let [now, text] = [0, ''];
  const stream = { isTTY, columns: 200, write: (piece: string) => (text += piece) };
  const progress = new OverallProgress({
    ...{ stream, jobs, studies, seeds: [0, 1], scale: 'full', now: () => now },
  });
  return {
    at: (seconds: number, event: StudyEvent) => {
      now = seconds;
      text = '';
      progress.update(event);
      return text;
    },
  };
}

const result = { seconds: 20 } as StudyResult;
const step = (study: number, seed: number): StudyEvent => ({
  ...{ kind: 'step', job: job(study, seed), step: 5, steps: 20, samplesPerSecond: 812.3 },
});

test('a study is announced before its first seed', () => {
  const { at } = watch(false);
  const first = at(0, { kind: 'started', job: job(0, 0) });
  expect(first).toContain('== one: The study one (section 0; about 0:10 a seed)\nShows what one shows.\n');
  expect(at(1, { kind: 'started', job: job(0, 1) })).not.toContain('==');
});

test('on a terminal one line is rewritten in place; time left is what studies say, by their pace here', () => {
  const { at } = watch(true);
  at(0, { kind: 'started', job: job(0, 0) });
  expect(at(5, step(0, 0))).toBe('\r\x1b[2K0/4  0:35 left  one, seed 0: step 5/20  812 img/s');
  // Too early for another line.
  expect(at(5.05, step(0, 0))).toBe('');
  const done = at(20, { kind: 'done', job: job(0, 0), path: 'results/seed-0.json', result });
  expect(done).toBe('\r\x1b[2Kone, seed 0: done in 0:20 → results/seed-0.json\n');
  // It took twice as long as it said: so will the others.
  expect(at(20, { kind: 'started', job: job(1, 0) })).toContain('1/4  1:00 left  two, seed 0: starting');
});

test('no time is told where none can be', () => {
  const { at } = watch(false);
  at(0, { kind: 'started', job: job(0, 0) });
  for (const [study, seed] of [
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    at(0, { kind: 'found', job: job(study, seed), path: '', result });
  }
  expect(at(30, step(0, 0))).toBe('3/4  one, seed 0: step 5/20  812 img/s\n');
});

test('two at a time take half as long, and both are shown', () => {
  const { at } = watch(true, 2);
  at(0, { kind: 'started', job: job(0, 0) });
  at(1, { kind: 'started', job: job(0, 1) });
  expect(at(2, step(0, 1))).toContain(
    '0/4  0:19 left  one, seed 0: starting | one, seed 1: step 5/20  812 img/s',
  );
});

test('elsewhere a plain line now and then; what was found counts as done', () => {
  const { at } = watch(false);
  const found = at(0, { kind: 'found', job: job(0, 0), path: 'there.json', result });
  expect(found).toBe('one, seed 0: taken from there.json\n');
  at(0, { kind: 'started', job: job(1, 0) });
  expect(at(9, step(1, 0))).toBe('');
  expect(at(11, step(1, 0))).toBe('1/4  0:20 left  two, seed 0: step 5/20  812 img/s\n');
  expect(at(12, { kind: 'note', job: job(1, 0), text: 'waiting' })).toBe('two, seed 0: waiting\n');
  const failed = at(13, { kind: 'failed', job: job(1, 0), message: 'no such thing', hint: 'Find it.' });
  expect(failed).toBe('two, seed 0: failed: no such thing\n→ Find it.\n');
});
