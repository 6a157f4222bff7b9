/**
 * A thread that reads, decodes and crops pictures into shared memory. It goes on while the main thread waits for
 * TensorFlow, which it must not load itself: nothing is imported by the index of a folder.
 */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
// eslint-disable-next-line no-restricted-imports -- see above
import { cropImage } from '../../image/crop';
// eslint-disable-next-line no-restricted-imports -- see above
import { decodeImage } from '../../image/decode';
// eslint-disable-next-line no-restricted-imports -- see above
import { cleanCaption } from '../../text/cleanup';
import { drawBelow, hashInts } from '../random';
import { PlaceReader, UnreadableError, type ReadPicture } from '../sources/place';
import { BUSY, STOP, type DecoderSettings, type Done, type Job, type Outcome } from './messages';

const [CAPTION, CROP] = [1, 2];
const { slots, imageSize, seed, augment, wantsAll, control } = workerData as DecoderSettings;
const reader = new PlaceReader();
const size = imageSize ** 2 * 3;
// One thread each, and no cache: pictures come but once.
sharp.concurrency(1);
sharp.cache(false);

type Row = Job['rows'][number];
/** Read, or why not. */
type Found = { row: Row; picture: ReadPicture } | { row: Row; error: unknown };

let last: Promise<unknown> = Promise.resolve();
parentPort!.on('message', (job: Job) => {
  last = last.then(() => work(job));
});

async function work({ step, slot, rows }: Job): Promise<void> {
  const outcomes: Outcome[] = [];
  let decoding: Promise<Outcome> | undefined;
  for (const row of rows) {
    const found = read(row); // while the one before is decoded
    if (decoding) outcomes.push(await decoding);
    decoding = finish(found, step, slot);
  }
  if (decoding) outcomes.push(await decoding);
  parentPort!.postMessage({ slot, outcomes } satisfies Done);
}

function read(row: Row): Found {
  try {
    return { row, picture: reader.read(row.place) };
  } catch (error) {
    return { row, error };
  }
}

async function finish(found: Found, step: number, slot: number): Promise<Outcome> {
  const { row, index, place } = found.row;
  // Said before it is asked whether to stop, so that who stops can wait.
  Atomics.add(control, BUSY, 1);
  try {
    if (Atomics.load(control, STOP)) throw new Error('stopped');
    if ('error' in found) throw found.error;
    const { id, bytes, captions, question, metadata } = found.picture;
    let draws = 0;
    const random = () => hashInts(seed, CROP, step, index, draws++) / 2 ** 32;
    const target = new Uint8Array(slots[slot], row * size, size);
    await decode(bytes, target, random, `${place.file}${place.range ? `: ${id}` : ''}`);
    const text = captions[drawBelow(captions.length, seed, CAPTION, step, index)];
    // An answer stays as people gave it: "10:35" and "1.5" are none without their marks.
    const caption = question === undefined ? cleanCaption(text) : text.trim();
    return { row, id, caption, question, ...(wantsAll && { captions, metadata }) };
  } catch (error) {
    if (error instanceof UnreadableError) return { row, reason: error.reason, where: error.where };
    return { row, reason: (error as Error).message, where: place.file };
  } finally {
    Atomics.sub(control, BUSY, 1);
    Atomics.notify(control, BUSY);
  }
}

async function decode(
  bytes: Uint8Array,
  target: Uint8Array,
  random: () => number,
  where: string,
): Promise<void> {
  try {
    if (augment) await cropImage(bytes, imageSize, random, target);
    else target.set(await decodeImage(bytes, imageSize));
  } catch (cause) {
    const [said] = (cause as Error).message.split('\n');
    throw new UnreadableError('cannot be decoded', `${where} (${said})`, cause);
  }
}
