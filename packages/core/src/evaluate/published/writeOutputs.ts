/** Files beside the results: the summary, and what the set's server takes. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoints';
import type { SetSummary } from './evaluation';

const SUBMISSION = 'submission.json';

/** @param submission entries for the server @returns the summary as written */
export function writeOutputs(
  out: string,
  summary: SetSummary,
  submission?: readonly Readonly<Record<string, unknown>>[],
): SetSummary {
  const whole = submission ? { ...summary, submission: SUBMISSION } : summary;
  if (submission) writeFileAtomic(join(out, SUBMISSION), [`${JSON.stringify(submission)}\n`]);
  writeFileAtomic(join(out, 'summary.json'), [`${JSON.stringify(whole, null, 2)}\n`]);
  return whole;
}
