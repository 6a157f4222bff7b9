/** The text files of a folder of pictures: one JSON object per line, each about one picture. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { fileError } from '../../checkpoints';
import type { VisualQuestion } from '../dataset';

export const CAPTIONS = 'captions.jsonl';
export const QUESTIONS = 'questions.jsonl';
/** What the web says of the pictures, which may be wrong: for CapFilt, and for training on raw captions. */
export const WEB = 'web.jsonl';

const image = z.string().min(1);
const text = z.string().trim().min(1);

/** All else on a line is kept as metadata. */
const caption = z.looseObject({ image, caption: text, split: z.string().min(1).optional() });
const question = z.object({
  image,
  question: text,
  answer: text,
  kind: z.string().min(1).default('question'),
});
const web = z.object({ image, caption: text });

/** @param reason in words that are the same for all of its kind */
type OnFault = (reason: string, where: string) => void;

/** What a folder says of one picture. */
export interface PictureRecord {
  /** Path of the file, from the folder on. */
  image: string;
  /** As the file says it. */
  split?: string;
  captions: string[];
  questions: VisualQuestion[];
  webCaptions: string[];
  metadata: Record<string, unknown>;
}

/**
 * All pictures that `captions.jsonl` names, in the order in which it does.
 * @param onFault told of lines of `captions.jsonl` that are no such record, which are then passed over
 * @throws Blip2Error naming file and line: what is no such record, a picture of two splits, a question about none
 */
export function readRecords(dir: string, onFault?: OnFault): PictureRecord[] {
  const records = new Map<string, PictureRecord>();
  for (const { value, where } of linesOf(dir, CAPTIONS, caption, onFault)) {
    const { image, caption, split, ...metadata } = value;
    const known = records.get(image);
    if (known && known.split !== split) {
      throw new Blip2Error(
        `${where}: ${image} is in ${split ?? 'no split'} here, in ${known.split ?? 'none'} above`,
        {
          hint: 'A picture belongs to one split: give all its lines the same.',
        },
      );
    }
    const record = known ?? { image, split, captions: [], questions: [], webCaptions: [], metadata: {} };
    record.captions.push(caption);
    Object.assign(record.metadata, metadata);
    records.set(image, record);
  }
  if (records.size === 0) {
    throw new Blip2Error(`${join(dir, CAPTIONS)} names no picture`, { hint: HINTS[CAPTIONS] });
  }
  const of = (name: string, where: string): PictureRecord => {
    const record = records.get(name);
    if (record) return record;
    throw new Blip2Error(`${where}: ${CAPTIONS} has no picture ${name}`, {
      hint: 'Caption it, or leave the line out.',
    });
  };
  for (const { value, where } of linesOf(dir, QUESTIONS, question)) {
    const { image, ...asked } = value;
    of(image, where).questions.push(asked);
  }
  for (const { value, where } of linesOf(dir, WEB, web))
    of(value.image, where).webCaptions.push(value.caption);
  return [...records.values()];
}

const HINTS: Record<string, string> = {
  [CAPTIONS]:
    'A line is {"image": "cat.png", "caption": "a black cat"}; "split" may say train, validation or test.',
  [QUESTIONS]:
    'A line is {"image": "cat.png", "question": "what color is it?", "answer": "black", "kind": "color"}.',
  [WEB]: 'A line is {"image": "cat.png", "caption": "IMG_0042 my cat"}.',
};

/** The lines of a file, none where only captions are needed. @throws Blip2Error naming the line at fault */
function* linesOf<S extends z.ZodType>(
  dir: string,
  name: string,
  schema: S,
  onFault?: OnFault,
): Generator<{ value: z.output<S>; where: string }> {
  const path = join(dir, name);
  if (name !== CAPTIONS && !existsSync(path)) return;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    const { message } = fileError(cause, 'read', path);
    throw new Blip2Error(message, {
      hint: `Own data is a folder of pictures with a ${CAPTIONS}. ${HINTS[name]}`,
      cause,
    });
  }
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${path} line ${i + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      if (onFault) {
        onFault('not JSON', where);
        continue;
      }
      throw new Blip2Error(`${where} is not JSON`, { hint: HINTS[name], cause });
    }
    const result = schema.safeParse(value);
    if (!result.success) {
      const { path: key, message } = result.error.issues[0];
      if (onFault) {
        onFault(`${key.join('.') || 'the line'}: ${message}`, where);
        continue;
      }
      throw new Blip2Error(`${where}: ${key.join('.') || 'the line'}: ${message}`, { hint: HINTS[name] });
    }
    yield { value: result.data, where };
  }
}
