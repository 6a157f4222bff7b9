/** Which captions of a picture are kept: the best by CLIP of the web's and the captioner's together (section 3.4). */
import { cleanCaption } from '../text';

export interface Candidate {
  text: string;
  /** CLIP's cosine with the picture. */
  score: number;
  /** From the web, not the captioner. */
  isWeb: boolean;
}

export interface SelectionOptions {
  /** How many are kept. */
  keep: number;
  /** Whether captions that read alike count once. */
  distinct: boolean;
}

export interface Selection {
  /** The kept ones, best first; fewer than `keep` where there are fewer. */
  kept: Candidate[];
  /** All others that were ranked, best first. */
  others: Candidate[];
  /** Place of the web's caption among all that were ranked, from 1; undefined without one. */
  webRank: number | undefined;
  /** How many were ranked. */
  ranked: number;
}

/** Equal scores keep the order of the candidates. */
export function selectCaptions(
  candidates: readonly Candidate[],
  { keep, distinct }: SelectionOptions,
): Selection {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);
  const ranked = distinct ? firstOfEach(sorted) : sorted;
  // A sample may read as the web's caption, which then has its place.
  const web = new Set(candidates.filter(({ isWeb }) => isWeb).map(({ text }) => cleanCaption(text)));
  const place = ranked.findIndex(({ text }) => web.has(cleanCaption(text)));
  return {
    kept: ranked.slice(0, keep),
    others: ranked.slice(keep),
    webRank: place < 0 ? undefined : place + 1,
    ranked: ranked.length,
  };
}

/** Alike is what training would read alike. */
function firstOfEach(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ text }) => {
    const key = cleanCaption(text);
    return !seen.has(key) && seen.add(key);
  });
}
