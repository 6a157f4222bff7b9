/**
 * What torch.save wrote before PyTorch 1.6: pickles of a magic number, a version, the machine, the checkpoint and the
 * storages' keys, then each storage as its number of elements (8 bytes) and its values.
 */
import { ByteCursor } from './byteCursor';
import { byteSize } from './dtypes';
import { unpickle } from './pickle';
import type { PickledObject, PickleValue } from './pickleMachine';
import { pickleGlobals, storageOf, type Storage } from './pickleGlobals';
import type { StoragePlaces } from './pytorchFile';
import type { ReadAt } from './tensorFile';

/** The pickle of the magic number, without its frame. */
const MAGIC = Buffer.from([0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);
const VERSION = 1001;
/** Pickles of checkpoints are far smaller. */
const LONGEST_PICKLE = 2 ** 28;

type Fail = (problem: string) => never;

export function isLegacy(start: Uint8Array): boolean {
  return Buffer.from(start).includes(MAGIC);
}

/** The checkpoint's value, and where its storages lie. */
export function readLegacy(
  size: number,
  read: ReadAt,
  fail: Fail,
): { root: PickleValue; places: StoragePlaces } {
  const pickle = (problem: string) => fail(`cannot be read: its pickle ${problem}`);
  const storages = new Map<string, Storage>();
  const persistent = (id: PickleValue): PickledObject => {
    const object = storageOf(id, pickle);
    const storage = object.value as Storage;
    storages.set(storage.key, storage);
    // A view's part of a storage; PyTorch has not written any since 0.4.
    if (Array.isArray(id) && id.length > 5 && id[5] !== null)
      pickle('has a view of a storage, which is not read');
    return object;
  };
  const cursor = new ByteCursor(read, 0, size, pickle);
  const next = () => {
    const limit = new ByteCursor(
      read,
      cursor.position,
      Math.min(size, cursor.position + LONGEST_PICKLE),
      pickle,
    );
    const value = unpickle({ cursor: limit, find: pickleGlobals(pickle), persistent, fail: pickle });
    cursor.position = limit.position;
    return value;
  };
  const [, version, machine, root, keys] = [next(), next(), next(), next(), next()];
  if (version !== VERSION) fail(`is a checkpoint of another version of PyTorch's format than ${VERSION}`);
  if (machine instanceof Map && machine.get('little_endian') === false) {
    fail('was written in big-endian order, which is not read');
  }
  if (!Array.isArray(keys)) return fail('lists no storages');
  const places = new Map<string, { begin: number; size: number }>();
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) return fail('lists a storage that no tensor has');
    const count = cursor.uint64();
    const length = byteSize(storage.dtype, [count]);
    if (!(length <= size - cursor.position))
      return fail('ends before its last storage does: it was cut short');
    places.set(storage.key, { begin: cursor.position, size: length });
    cursor.position += length;
  }
  return { root, places: ({ key }) => places.get(key) };
}
