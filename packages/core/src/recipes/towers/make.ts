/**
 * All that BLIP-2 stands on, made of one's own data where no pre-trained towers are at hand: tokenizers, a CLIP whose ViT
 * is the frozen one, and language models. They go where the data looks for them, each a Hugging Face folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import { cleanCaption } from '../../text';
import { canonicalJson, readJsonObject, sha256, writeFileAtomic } from '../../checkpoints';
import type { OwnDataset } from '../../data';
import type { Run, TrainOptions } from '../../train';
import { makeClipTower } from './clip';
import { makeLanguageTower, type LanguageKind } from './language';
import { ownTexts } from './texts';
import { makeTokenizers } from './tokenizers';

export const OWN_TOWERS = ['clip', 'opt', 't5'] as const;
export type OwnTower = (typeof OWN_TOWERS)[number];

export interface MakeOwnTowersOptions extends Omit<TrainOptions, 'out' | 'resume'> {
  /** All unless given. */
  names?: readonly string[];
  /** Called before each. */
  onTower?: (name: OwnTower, index: number, count: number) => void;
}

/** A language model needs fewer steps than that of Shapes: there is less that follows from what. */
const LANGUAGE_STEPS: Record<LanguageKind, number> = { opt: 600, 'opt-small': 600, t5: 600 };

/**
 * Makes the tokenizers, then the towers. What is finished is taken as it is.
 * @returns the run of each; an interrupted one is the last
 * @throws Blip2Error naming a tower that there is not, or if there are too few pictures for a batch
 */
export async function makeTowers(
  data: OwnDataset,
  { names = OWN_TOWERS, onTower, ...options }: MakeOwnTowersOptions = {},
): Promise<Run[]> {
  const chosen = names.map(towerOfName);
  const runs: Run[] = [];
  tokenizersOf(data);
  for (const [i, name] of chosen.entries()) {
    onTower?.(name, i, chosen.length);
    const dir = join(data.towersDir, name);
    const run: Run =
      name === 'clip'
        ? await makeClipTower(dir, data, options)
        : await makeLanguageTower(dir, name, withSteps(data, name), options);
    runs.push(run);
    if (run.interrupted) break;
  }
  return runs;
}

const withSteps = (data: OwnDataset, name: LanguageKind) => ({
  ...ownTexts(data),
  training: { steps: LANGUAGE_STEPS[name] },
});

function towerOfName(name: string): OwnTower {
  const tower = OWN_TOWERS.find((one) => one === name);
  if (tower) return tower;
  throw new Blip2Error(`There is no tower '${name}' of own data`, {
    hint: `There are ${OWN_TOWERS.join(', ')}.`,
    exitCode: 2,
  });
}

/** Made anew only where the texts of the training split are others. */
function tokenizersOf({ train, towersDir }: OwnDataset): void {
  const record = join(towersDir, 'tokenizers.json');
  const said = Array.from({ length: train.size }, (_, i) => [
    [...train.captions(i), ...(train.webCaptions?.(i) ?? [])].map((text) => cleanCaption(text)),
    (train.questions?.(i) ?? []).map(({ question, answer }) => [question, answer]),
  ]);
  const texts = sha256(canonicalJson(said));
  if (existsSync(record) && readJsonObject(record).texts === texts) return;
  makeTokenizers(towersDir, train);
  writeFileAtomic(record, [JSON.stringify({ texts })]);
}
