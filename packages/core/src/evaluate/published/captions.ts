/** Captions of NoCaps (by domain), COCO and Flickr30K, held against people's (BLIP-2 tables 1 and 3). */
import { withDefaults, type AskOptions } from '../../inference';
import type { GenerationOptions, TextGeneration } from '../../generate';
import type { RawImage } from '../../image';
import type { JsonObject } from '../../checkpoints';
import type { CaptionImage, CaptionSet, SampleId } from '../../data';
import { captionMetrics } from '../caption';
import { askPictures, type Asked } from './askPictures';
import { firstSkipped, type ScoreRow, type SetEvaluationOptions, type SetSummary } from './evaluation';
import { writeOutputs } from './writeOutputs';

/** What captions begin with in the paper (table 7), and in LAVIS. */
export const CAPTION_PROMPT = 'a photo of';

/** LAVIS's, by set: of NoCaps longer ones. */
const GENERATION: Record<string, GenerationOptions> = {
  nocaps: { numBeams: 5, lengthPenalty: 1, maxNewTokens: 80, minNewTokens: 10 },
  coco: { numBeams: 5, lengthPenalty: 1, maxNewTokens: 30, minNewTokens: 8 },
  flickr30k: { numBeams: 5, lengthPenalty: 1, maxNewTokens: 30, minNewTokens: 8 },
};

/** What can be asked for captions: a `Blip2`. */
export interface CaptioningModel {
  readonly imageSize: number;
  readonly prompts?: { caption?: string };
  captionAll(
    images: readonly RawImage[],
    options?: AskOptions & { prompt?: string },
  ): Promise<TextGeneration[]>;
}

/** A line of `results.jsonl`. */
export interface SetCaptionRecord {
  image: SampleId;
  file: string;
  caption: string;
  references: string[];
  domain?: string;
  /** Of this picture among all, times 100; absent before the last picture is done. */
  cider?: number;
}

/** How captions are asked for. */
export interface CaptionSetOptions extends SetEvaluationOptions {
  /** As in LAVIS unless given: beams of 5; of NoCaps 10 to 80 tokens, otherwise 8 to 30. */
  generation?: AskOptions;
  /** What captions go on from; unless given what the model was fine-tuned with, or "a photo of". */
  prompt?: string;
}

/** Describes all pictures of a set and writes results, summary and submission. */
export async function evaluateCaptionSet(
  model: CaptioningModel,
  set: CaptionSet,
  { generation = {}, prompt = model.prompts?.caption ?? CAPTION_PROMPT, ...options }: CaptionSetOptions,
): Promise<{ summary: SetSummary; records: SetCaptionRecord[] }> {
  const asked = { ...withDefaults(GENERATION[set.name], generation), prompt };
  const said = await askPictures(model, set, asked as JsonObject, options, async (pictures) => {
    const texts = await model.captionAll(
      pictures.map(({ pixels }) => pixels),
      asked,
    );
    return pictures.map(({ image }, i): SetCaptionRecord => ({
      image: image.id,
      file: image.path,
      caption: texts[i].text,
      references: image.captions,
      ...(image.domain !== undefined && { domain: image.domain }),
    }));
  });
  return finish(set, said, asked, options);
}

async function finish(
  set: CaptionSet,
  { records, skipped, complete }: Asked<CaptionImage, SetCaptionRecord>,
  options: JsonObject,
  { out, model }: CaptionSetOptions,
): Promise<{ summary: SetSummary; records: SetCaptionRecord[] }> {
  const scored = await scoresOf(records);
  const summary: SetSummary = {
    task: 'caption',
    set: set.name,
    split: set.split,
    model,
    options,
    pictures: records.length,
    complete,
    rows: scored.rows,
    skipped: firstSkipped(skipped),
    problems: set.problems,
    notes: [
      ...scored.notes,
      ...(skipped.length > 0
        ? ['Pictures that could not be decoded are not scored, nor in the submission.']
        : []),
    ],
  };
  const submission = records.map(({ image, caption }) => ({ image_id: image, caption }));
  return { summary: writeOutputs(out, summary, submission), records: scored.records };
}

/** Of all pictures with captions of people, and of each domain by itself, as NoCaps's own server measures. */
async function scoresOf(
  records: readonly SetCaptionRecord[],
): Promise<{ rows: ScoreRow[]; records: SetCaptionRecord[]; notes: string[] }> {
  const judged = records.filter(({ references }) => references.length > 0);
  if (judged.length === 0) {
    const note = 'This split keeps its captions to itself: send submission.json to its server.';
    return { rows: [], records: [...records], notes: records.length > 0 ? [note] : [] };
  }
  const score = (some: readonly SetCaptionRecord[]) =>
    captionMetrics(
      some.map(({ caption }) => caption),
      some.map(({ references }) => references),
    );
  const whole = await score(judged);
  const rows = [rowOf('all', judged.length, whole.scores)];
  for (const domain of [...new Set(judged.map((record) => record.domain))].sort()) {
    if (domain === undefined) continue;
    const inDomain = judged.filter((record) => record.domain === domain);
    rows.push(rowOf(domain, inDomain.length, (await score(inDomain)).scores));
  }
  const cider = new Map(judged.map((record, i) => [record, 100 * whole.perImage[i].CIDEr]));
  return {
    rows,
    notes: whole.notes,
    records: records.map((record) => ({ ...record, cider: cider.get(record) })),
  };
}

/** Times 100, as papers print them. */
function rowOf(group: string, samples: number, scores: object): ScoreRow {
  const hundredfold = Object.entries(scores).map(([name, value]) => [name, 100 * (value as number)] as const);
  return { group, samples, scores: Object.fromEntries(hundredfold) };
}
