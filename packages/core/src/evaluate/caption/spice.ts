/** SPICE 1.0 through its jar, asked as pycocoevalcap asks it, but without its cache (which needs a native library). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { mean, type ImageScores } from './imageScores';
import { JavaProgram } from './java';

/** Milliseconds: it says nothing until it is done. */
const PATIENCE = 3 * 3600_000;

const results = z.array(
  z.object({ image_id: z.number(), scores: z.object({ All: z.object({ f: z.number() }) }) }),
);

/**
 * Mean over images of the F-score of objects, attributes and relations.
 * @param candidates one caption per image, as `ptbTokenize` leaves it
 * @param references of each image at least one
 * @param jar path of spice-1.0.jar; its libraries lie beside it in lib/
 * @throws Blip2Error if the program fails or takes too long
 */
export async function spice(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
  jar: string,
  { patience = PATIENCE } = {},
): Promise<ImageScores> {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-spice-'));
  const [input, output] = [join(folder, 'captions.json'), join(folder, 'scores.json')];
  const captions = candidates.map((test, i) => ({ image_id: i, test, refs: references[i] }));
  writeFileSync(input, JSON.stringify(captions));
  const program = new JavaProgram(
    'SPICE',
    jar,
    ['-Xmx8G'],
    [input, '-out', output, '-subset', '-silent'],
    patience,
  );
  try {
    await program.finish();
    const { data } = results.safeParse(JSON.parse(readFileSync(output, 'utf8')));
    const scores = new Map(data?.map(({ image_id: id, scores: { All } }) => [id, All.f]));
    const perImage = candidates.flatMap((_, i) => scores.get(i) ?? []);
    if (perImage.length < candidates.length) throw program.failure('left out scores');
    return { corpus: mean(perImage), perImage };
  } finally {
    await program.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
