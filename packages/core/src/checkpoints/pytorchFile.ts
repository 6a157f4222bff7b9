/**
 * Reading what `torch.save` writes: a zip file with a pickle and one entry for each storage, or, before PyTorch 1.6,
 * pickles with the storages behind them. The pickle is read in full, storages stay in the file.
 */
import { Blip2Error } from '../runtime';
import { ByteCursor } from './byteCursor';
import { byteSize } from './dtypes';
import { isLegacy, readLegacy } from './legacyPytorch';
import { unpickle } from './pickle';
import type { PickleValue } from './pickleMachine';
import { pickleGlobals, storageOf, type PickledTensor, type Storage } from './pickleGlobals';
import { stateDict } from './stateDict';
import { extent } from './strides';
import { openFile, TensorFile, type ReadAt, type TensorInfo } from './tensorFile';
import { readZipDirectory } from './zipDirectory';

/** Where each storage begins in the file, and how many bytes it has. */
export type StoragePlaces = (storage: Storage) => { begin: number; size: number } | undefined;

/** A checkpoint of PyTorch: its pickle is in memory and checked, tensors are read one by one. */
export class PytorchFile extends TensorFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;

  /** @throws Blip2Error if the file is missing, cut short, no checkpoint, or asks for code to be run. */
  constructor(path: string) {
    super(path);
    this.tensors = openFile(path, (read, size) => readPytorch(path, size, read));
  }
}

const ZIP = 0x04034b50;
const HINT =
  'A checkpoint holds tensors by name, as torch.save(model.state_dict(), …) writes them. If it should, copy or fetch it again.';

/**
 * The tensors of a checkpoint.
 *
 * @param path names the file in errors
 * @param read bytes of the file: asked for no more than the file holds
 * @throws Blip2Error naming the file
 */
export function readPytorch(path: string, size: number, read: ReadAt): Map<string, TensorInfo> {
  const fail = (problem: string): never => {
    throw new Blip2Error(`${path} ${problem}`, { hint: HINT });
  };
  if (size < 4) fail(`has ${size} bytes, too few for a checkpoint of PyTorch`);
  const start = read(0, Math.min(size, 32));
  const signature = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (signature === ZIP) return readZip(path, size, read, fail);
  if (!isLegacy(start)) fail('is no checkpoint of PyTorch: neither a zip file nor a pickle of torch.save');
  const { root, places } = readLegacy(size, read, fail);
  return resolve(root, places, fail);
}

type Fail = (problem: string) => never;

function readZip(path: string, size: number, read: ReadAt, fail: Fail): Map<string, TensorInfo> {
  const entries = readZipDirectory(path, size, read);
  const names = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (names.length !== 1)
    return fail(`holds ${names.length} files data.pkl; a checkpoint of PyTorch has one`);
  const folder = names[0].slice(0, -'data.pkl'.length);
  const plain = (name: string) => {
    const entry = entries.get(name);
    return !entry || entry.isPlain
      ? entry
      : fail(`has compressed or encrypted entries, as PyTorch never writes`);
  };
  const order = plain(`${folder}byteorder`);
  if (order && Buffer.from(read(order.begin, Math.min(order.size, 16))).toString() !== 'little') {
    return fail('was written in big-endian order, which is not read');
  }
  const { begin, size: length } = plain(names[0])!;
  const pickle = (problem: string) => fail(`cannot be read: its pickle ${problem}`);
  const cursor = new ByteCursor(read, begin, begin + length, pickle);
  const root = unpickle({
    cursor,
    find: pickleGlobals(pickle),
    persistent: (id) => storageOf(id, pickle),
    fail: pickle,
  });
  return resolve(root, ({ key }) => plain(`${folder}data/${key}`), fail);
}

/** Tensors with their places in the file. */
function resolve(root: PickleValue, places: StoragePlaces, fail: Fail): Map<string, TensorInfo> {
  const found = new Map<string, TensorInfo>();
  for (const [name, tensor] of stateDict(root, fail)) found.set(name, placeOf(name, tensor, places, fail));
  return found;
}

function placeOf(name: string, tensor: PickledTensor, places: StoragePlaces, fail: Fail): TensorInfo {
  const { storage, dtype, offset, shape, strides } = tensor;
  const place = places(storage);
  if (!place) return fail(`lacks the storage of tensor ${JSON.stringify(name)}: it was cut short`);
  const whole = byteSize(storage.dtype, [storage.elements]);
  if (place.size < whole) {
    return fail(`has ${place.size} of the ${whole} bytes of tensor ${JSON.stringify(name)}'s storage`);
  }
  const begin = place.begin + offset * byteSize(dtype, [1]);
  const end = begin + byteSize(dtype, strides ? [extent(shape, strides)] : shape);
  return { dtype, shape, begin, end, ...(strides && { strides }) };
}
