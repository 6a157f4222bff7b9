/**
 * METEOR and SPICE exist as Java programs only. They are looked for in one folder, laid out as in Python's package
 * pycocoevalcap: meteor/meteor-1.5.jar with its data, spice/spice-1.0.jar with its libraries.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The environment variable that names the folder. */
export const JARS_VARIABLE = 'BLIP2_CAPTION_JARS';

export interface CaptionJars {
  /** Paths of the programs that can be run. */
  meteor?: string;
  spice?: string;
  /** Why one cannot: a sentence each. */
  notes: string[];
}

const METEOR_FILES = ['meteor-1.5.jar', 'data/paraphrase-en.gz'];
const SPICE_FILES = [
  'spice-1.0.jar',
  'lib/SceneGraphParser-1.0.jar',
  'lib/stanford-corenlp-3.6.0.jar',
  'lib/stanford-corenlp-3.6.0-models.jar',
];

function find(metric: string, folder: string, files: readonly string[]): { jar?: string; notes: string[] } {
  const missing = files.find((file) => !existsSync(join(folder, file)));
  if (!missing) return { jar: join(folder, files[0]), notes: [] };
  return { notes: [`${metric} is left out: there is no ${join(folder, missing)} (see docs/metrics.md).`] };
}

/** @param folder default: what BLIP2_CAPTION_JARS says */
export function findJars(folder = process.env[JARS_VARIABLE]): CaptionJars {
  if (!folder) {
    const why = `they are Java programs, in a folder that ${JARS_VARIABLE} would name (see docs/metrics.md).`;
    return { notes: [`METEOR and SPICE are left out: ${why}`] };
  }
  if (spawnSync('java', ['-version']).status !== 0) {
    return { notes: ['METEOR and SPICE are left out: java cannot be started (is it on the PATH?).'] };
  }
  const meteor = find('METEOR', join(folder, 'meteor'), METEOR_FILES);
  const spice = find('SPICE', join(folder, 'spice'), SPICE_FILES);
  return { meteor: meteor.jar, spice: spice.jar, notes: [...meteor.notes, ...spice.notes] };
}
