/** Runs fake studies and keeps what was told. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStudies, type RunStudiesOptions, type StudyEvent } from '../../packages/core/src/studies';
import { fake } from './fakes';

export const newFolder = () => mkdtempSync(join(tmpdir(), 'blip2-studies-'));

export const resultFile = (runsDir: string, study: string, seed = 0) =>
  join(runsDir, 'results', 'smoke', study, `seed-${seed}.json`);

export function runFakes(
  names: string[],
  runsDir: string,
  options: Partial<RunStudiesOptions> & Pick<RunStudiesOptions, 'worker'>,
) {
  const events: StudyEvent[] = [];
  const done = runStudies(names.map(fake), {
    ...{ seeds: [0], scale: 'smoke', runsDir },
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return {
    done,
    /** What of these kinds was told, as `done one 0`. */
    told: (...kinds: StudyEvent['kind'][]) =>
      events.flatMap(({ kind, job }) =>
        kinds.includes(kind) ? `${kind} ${job.study.name} ${job.seed}` : [],
      ),
    notes: () => events.flatMap((event) => (event.kind === 'note' ? event.text : [])),
  };
}
