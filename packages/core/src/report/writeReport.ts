/** The report of all studies as one file that needs nothing else: written anew, whole, after every experiment. */
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoints';
import type { Study, StudyResult } from '../studies';
import { examplesOf } from './examples';
import { page } from './page';
import type { Html } from './html';
import { partsOf } from './part';
import { samplesSection, type Sample } from './samples';

/** What a report shows: studies, results of your own and committed ones, samples. */
export interface ReportContent {
  /** In the order of the report. One without results says so, and how to get them. */
  studies: readonly Study[];
  /** The reader's own results, of any scales. */
  own: readonly StudyResult[];
  /** The results that the repository has, over several seeds. */
  committed: readonly StudyResult[];
  samples?: readonly Sample[];
}

/**
 * Writes `index.html` into a folder, which is made if need be, in one piece: a reader never sees half of it.
 * @returns its path @throws Blip2Error if it cannot be written, or a sample's picture cannot be read
 */
export async function writeReport(dir: string, content: ReportContent): Promise<string> {
  const { studies, own, committed, samples = [] } = content;
  const parts = partsOf(studies, committed, own);
  const examples = new Map<string, Html | undefined>();
  for (const part of parts) examples.set(part.study.name, await examplesOf(part));
  const pictures = samples.length > 0 ? await samplesSection(samples) : undefined;
  const document = page(parts, { samples: pictures, examples });
  const path = join(dir, 'index.html');
  writeFileAtomic(path, [document.text]);
  return path;
}
