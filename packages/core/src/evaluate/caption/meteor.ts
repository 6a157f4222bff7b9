/** METEOR 1.5 through its jar, asked as pycocoevalcap asks it. */
import type { ImageScores } from './imageScores';
import { JavaProgram } from './java';

/** Milliseconds without a line: it needs half a minute to read its table of paraphrases. */
const PATIENCE = 300_000;

const ARGUMENTS = ['-', '-', '-stdio', '-l', 'en', '-norm'];

/** Ends in what is asked for: statistics of one image, from which scores are computed. */
function scoreLine(candidate: string, references: readonly string[]): string {
  const asked = candidate.replaceAll('|||', '').replaceAll('  ', ' ');
  return ['SCORE', ...references, asked].join(' ||| ');
}

/**
 * The corpus' score comes from all images' statistics together; it is not their mean.
 * @param candidates one caption per image, as `ptbTokenize` leaves it
 * @param references of each image at least one
 * @param jar path of meteor-1.5.jar; its data lies beside it
 * @throws Blip2Error if the program fails, says what is no number, or nothing for too long
 */
export async function meteor(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
  jar: string,
  { patience = PATIENCE } = {},
): Promise<ImageScores> {
  const program = new JavaProgram('METEOR', jar, ['-Xmx2G'], ARGUMENTS, patience);
  const readNumber = async () => {
    const line = await program.read();
    if (!/^-?[\d.]+(E-?\d+)?$/.test(line)) throw program.failure(`answered ${JSON.stringify(line)}`);
    return Number(line);
  };
  try {
    program.write(candidates.map((candidate, i) => scoreLine(candidate, references[i])));
    const statistics: string[] = [];
    while (statistics.length < candidates.length) statistics.push(await program.read());
    program.write([['EVAL', ...statistics].join(' ||| ')]);
    const perImage: number[] = [];
    while (perImage.length < candidates.length) perImage.push(await readNumber());
    return { corpus: await readNumber(), perImage };
  } finally {
    await program.end();
  }
}
