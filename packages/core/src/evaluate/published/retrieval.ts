/**
 * Retrieval on Flickr30K and COCO (BLIP-2 section 4.4): every image beside every text by ITC, the best `k` both ways ranked
 * anew by ITM.
 */
import { join } from 'node:path';
import { cleanCaption } from '../../text';
import { writeFileAtomic } from '../../checkpoints';
import type { PairScorer } from '../../inference';
import type { CaptionSet } from '../../data';
import { transpose } from '../ranking';
import { firstSkipped, type SetSummary } from './evaluation';
import { RetrievalPasses, type RetrievalSetOptions } from './retrievalPasses';
import { recordsOf, rowsOf, type BothWays, type RetrievalRecord } from './retrievalPool';
import { writeOutputs } from './writeOutputs';

const CANDIDATES = 128;
/** LAVIS's, of retrieval: texts are cut after so many tokens, special ones included. */
const MOST_TOKENS = 35;

/** Recall both ways, by ITC and ranked anew by ITM. */
export async function evaluateRetrievalSet(
  scorer: PairScorer,
  set: CaptionSet,
  options: RetrievalSetOptions,
): Promise<{ summary: SetSummary; records: RetrievalRecord[] }> {
  const { k = CANDIDATES } = options;
  const images = set.images.slice(0, options.limit).filter(({ captions }) => captions.length > 0);
  const identity = {
    model: options.model,
    set: set.identity,
    pictures: images.length,
    k,
    side: scorer.imageSize,
  };
  const texts = images.flatMap((image, owner) =>
    image.captions.map((text) => ({ owner, text: cleanCaption(text) })),
  );
  const table = scorer.texts(
    texts.map(({ text }) => text),
    MOST_TOKENS,
  );
  const passes = new RetrievalPasses(scorer, images, table, options);
  const { pool, skipped, complete } = await passes.encode(identity, texts);
  const itc: BothWays = [pool.toText, transpose(pool.toText)];
  const itm = complete && k > 0 ? await passes.match(identity, pool, k) : undefined;
  const isDone = complete && (k === 0 || itm !== undefined);
  const rows =
    complete && pool.images.length > 0
      ? [...rowsOf('ITC', pool, itc), ...(itm ? rowsOf('ITM', pool, itm) : [])]
      : [];
  const records = isDone ? recordsOf(images, texts, pool, itm ?? itc) : [];
  const summary: SetSummary = {
    task: 'retrieval',
    set: set.name,
    split: set.split,
    model: options.model,
    options: { k },
    pictures: pool.images.length,
    complete: isDone,
    rows,
    skipped: firstSkipped(skipped),
    problems: set.problems,
    notes: skipped.length > 0 ? ['Pictures that could not be decoded are left out, with their texts.'] : [],
  };
  if (isDone) {
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    writeFileAtomic(join(options.out, 'results.jsonl'), lines);
    passes.clear();
  }
  return { summary: writeOutputs(options.out, summary), records };
}
