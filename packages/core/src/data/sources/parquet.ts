/**
 * What img2dataset writes: shards with a table beside each, `00000.tar` and `00000.parquet`. Captions and columns come from
 * the table, pictures from the shard, and the key joins them.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { fileError } from '../../checkpoints';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { PICTURE, textsIn } from './place';
import { shardsIn } from './shards';
import { keyOf, membersOf, TarError } from './tar';

const CAPTION_COLUMNS = ['caption', 'TEXT', 'text'];

/** @throws Blip2Error naming a folder that cannot be read */
export function parquet({ dir }: { dir: string }): PictureList {
  const shards = shardsIn(dir);
  const tables = shards.map((shard) => shard.replace(/\.tar$/, '.parquet'));
  return {
    name: 'parquet',
    dir,
    inputs: [...shards, ...tables.filter((table) => existsSync(table))],
    async *pictures(faults) {
      for (const [i, shard] of shards.entries()) {
        if (!existsSync(tables[i])) faults.add('a shard without a table', shard);
        else yield* joined(shard, await rowsByKey(tables[i]), faults);
      }
    },
  };
}

type Row = Record<string, unknown>;

async function rowsByKey(path: string): Promise<Map<string, Row>> {
  const { parquetReadObjects } = await import('hyparquet');
  let handle: number | undefined;
  try {
    const open = (handle = openSync(path, 'r'));
    const byteLength = fstatSync(open).size;
    const slice = (start: number, end = byteLength) => {
      const bytes = Buffer.alloc(end - start);
      readSync(open, bytes, 0, bytes.length, start);
      return bytes.buffer;
    };
    const rows: Row[] = await parquetReadObjects({ file: { byteLength, slice } });
    return new Map(rows.map((row) => [String(row.key), row]));
  } catch (cause) {
    throw fileError(cause, 'read', path);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function* joined(shard: string, rows: Map<string, Row>, faults: FaultList): Generator<ListedPicture> {
  const handle = openSync(shard, 'r');
  const read = (position: number, length: number) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(handle, bytes, 0, length, position));
  };
  try {
    for (const { name, offset, size } of membersOf(read, fstatSync(handle).size)) {
      if (!PICTURE.test(name)) continue;
      const id = keyOf(name);
      const row = rows.get(id);
      const captions = textsIn(CAPTION_COLUMNS.map((column) => row?.[column]).find((text) => text));
      if (!row) faults.add('a picture that the table does not have', `${shard}: ${id}`);
      else if (captions.length === 0) faults.add('no caption', `${shard}: ${id}`);
      else yield { image: basename(shard), range: [offset, size], id, captions, metadata: metadataOf(row) };
    }
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    faults.add(`the shard is broken (${error.reason})`, `${shard} at byte ${error.position}`);
  } finally {
    closeSync(handle);
  }
}

/** Columns that JSON can hold. */
function metadataOf({ key: _, ...row }: Row): Row {
  const entries = Object.entries(row).filter(([name]) => !CAPTION_COLUMNS.includes(name));
  const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
  return Object.fromEntries(
    entries
      .filter(([, value]) => !(value instanceof Uint8Array))
      .map(([name, value]) => [name, plain(value)]),
  );
}
