/** What CapFilt did, in numbers that the lines of captions.jsonl give. */
import { cleanCaption } from '../text';
import type { CaptionRecord } from './captionsFile';

/** Counts over all pictures. */
export interface CapFiltSummary {
  pictures: number;
  /** Captions kept. */
  captions: number;
  /** Of all texts kept, how many differ. */
  texts: number;
  /** Samples that were passed over: empty, or cut off. */
  broken: number;
  /** Pictures of which the web's caption was kept. */
  webKept: number;
  /** Pictures of which it came first. */
  webFirst: number;
  /** Pictures whose kept captions, more than one, all read alike. */
  alike: number;
}

export function summarise(records: readonly CaptionRecord[]): CapFiltSummary {
  const count = (holds: (record: CaptionRecord) => boolean) => records.filter(holds).length;
  const sum = (of: (record: CaptionRecord) => number) => records.reduce((total, one) => total + of(one), 0);
  return {
    pictures: records.length,
    captions: sum(({ captions }) => captions.length),
    texts: textsOf(records.flatMap(({ captions }) => captions)),
    broken: sum(({ broken = 0 }) => broken),
    webKept: count(({ webRank, captions }) => webRank != null && webRank <= captions.length),
    webFirst: count(({ webRank }) => webRank === 1),
    alike: count(({ captions }) => captions.length > 1 && textsOf(captions) === 1),
  };
}

/** How many captions differ in what training reads. */
const textsOf = (captions: readonly string[]): number =>
  new Set(captions.map((caption) => cleanCaption(caption))).size;
