/**
 * Where a picture lies, and reading it from there. Threads that decode run this: it must not load TensorFlow, so nothing
 * is imported by the index of its folder.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
// eslint-disable-next-line no-restricted-imports -- see above
import { Blip2Error } from '../../runtime/errors';
import { keyOf, membersOf, type Member } from './tar';

/** Plain data, fit to be sent to another thread. */
export interface PicturePlace {
  file: string;
  /** Bytes of the file; all unless given. */
  range?: readonly [offset: number, length: number];
  /** What the index knows of it. Else the range holds members of a tar shard: a picture, then its texts or they first. */
  known?: Known;
}

/** Texts of a picture that lie elsewhere than the picture. */
export interface Known {
  id: string;
  captions: readonly string[];
  /** What is asked: the captions are answers. */
  question?: string;
  metadata?: Readonly<Record<string, unknown>>;
}

/** A picture as it lies on disk. */
export interface ReadPicture {
  id: string;
  /** The encoded picture. */
  bytes: Uint8Array;
  captions: readonly string[];
  /** What is asked: the captions are answers. */
  question?: string;
  /** What else came with it, by name. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** A picture that cannot be used. */
export class UnreadableError extends Blip2Error {
  /**
   * @param reason what is wrong, in words that are the same for all of its kind
   * @param where file, and member of it
   */
  constructor(
    readonly reason: string,
    readonly where: string,
    cause?: unknown,
  ) {
    super(`${where}: ${reason}`, { cause });
  }
}

/** Extensions of pictures in shards and folders. */
export const PICTURE = /\.(jpe?g|png|webp|gif)$/i;

/** Shards that stay open. */
const OPEN = 64;

/** Reads pictures; keeps shards open between reads. */
export class PlaceReader {
  private readonly handles = new Map<string, number>();

  /** @throws UnreadableError naming file and member */
  read(place: PicturePlace): ReadPicture {
    const { file, range, known } = place;
    if (!known) return pictureOf(this.bytes(place), file);
    const bytes = range ? this.bytes(place) : readWhole(file);
    if (known.captions.length === 0) throw new UnreadableError('no caption', known.id);
    return { ...known, bytes };
  }

  close(): void {
    for (const handle of this.handles.values()) closeSync(handle);
    this.handles.clear();
  }

  private bytes({ file, range }: PicturePlace): Buffer {
    const [offset, length] = range!;
    const bytes = Buffer.allocUnsafeSlow(length);
    try {
      const count = readSync(this.handle(file), bytes, 0, length, offset);
      if (count === length) return bytes;
    } catch (cause) {
      throw unreadable(cause, file);
    }
    throw new UnreadableError('the shard is shorter than its index says', `${file} at byte ${offset}`);
  }

  private handle(file: string): number {
    const known = this.handles.get(file);
    const handle = known ?? openSync(file, 'r');
    this.handles.delete(file);
    this.handles.set(file, handle); // the last one used is last
    if (this.handles.size > OPEN) {
      const [oldest, old] = [...this.handles][0];
      this.handles.delete(oldest);
      closeSync(old);
    }
    return handle;
  }
}

function readWhole(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(cause, file);
  }
}

function unreadable(cause: unknown, file: string): UnreadableError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new UnreadableError(
    code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? message})`,
    file,
    cause,
  );
}

/** The sample that a stretch of a shard begins with. */
function pictureOf(bytes: Buffer, file: string): ReadPicture {
  const [first, ...others] = membersOf((at, length) => bytes.subarray(at, at + length), bytes.length);
  const id = keyOf(first.name);
  const members = [first, ...others].filter(({ name }) => keyOf(name) === id);
  const content = ({ offset, size }: Member) => bytes.subarray(offset, offset + size);
  const text = (extension: string) => {
    const member = members.find(({ name }) => name.toLowerCase() === `${id}.${extension}`.toLowerCase());
    return member && content(member).toString('utf8');
  };
  const picture = members.find(({ name }) => PICTURE.test(name));
  const where = `${file}: ${id}`;
  if (!picture) throw new UnreadableError('no picture', where);
  const { captions, metadata } = textsOf(text('json'), text('txt'), where);
  if (captions.length === 0) throw new UnreadableError('no caption', where);
  return { id, bytes: content(picture), captions, metadata };
}

/** A `.json` has `captions` or `caption`, or is a list of captions (LAVIS); what it lacks the `.txt` has. */
function textsOf(
  json: string | undefined,
  txt: string | undefined,
  where: string,
): Pick<ReadPicture, 'captions' | 'metadata'> {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '{}');
  } catch (cause) {
    throw new UnreadableError('its .json is not JSON', where, cause);
  }
  if (Array.isArray(value)) return { captions: textsIn(value) };
  const { captions, caption, ...metadata } = (value ?? {}) as Record<string, unknown>;
  const said = textsIn(captions).concat(captions === undefined ? textsIn(caption) : []);
  return { captions: said.length > 0 ? said : textsIn(txt), metadata };
}

/** Texts from a text or a list of them, without those that say nothing. */
export function textsIn(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((text): text is string => typeof text === 'string' && text.trim() !== '');
}
