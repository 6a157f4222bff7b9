/**
 * Writing what `torch.load` reads: a zip file with a pickle of {"model": {name: tensor}} and one entry for each tensor's
 * memory, uncompressed and at multiples of 64 bytes, as `torch.save` writes it. Tensor by tensor, from wherever it lies.
 */
import { crc32 } from 'node:zlib';
import { Blip2Error } from '../runtime';
import { byteSize, type SafetensorsDtype } from './dtypes';
import { writeFileAtomic } from './files';
import { rowMajor } from './strides';
import type { StoredTensor } from './writeSafetensors';
import { centralDirectory, localHeader, type ZipRecord } from './zipRecords';

const STORAGES: Partial<Record<SafetensorsDtype, string>> = {
  F32: 'FloatStorage',
  F64: 'DoubleStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
};

/** As torch.save aligns storages. */
const ALIGNMENT = 64;

/**
 * Writes tensors, whole or not at all.
 * @param aliases names whose tensors are those of other names: one memory, as of tied matrices
 * @param isUnderModel {"model": {name: tensor}}; otherwise {name: tensor}, as of a tower
 * @throws Blip2Error naming the file
 */
export function writePytorch(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  aliases: ReadonlyMap<string, string> = new Map(),
  order: readonly string[] = [...tensors.keys(), ...aliases.keys()],
  isUnderModel = true,
): void {
  for (const [name, { dtype }] of tensors) {
    if (STORAGES[dtype]) continue;
    throw new Blip2Error(`${path}: tensor ${name} is ${dtype}, which PyTorch’s checkpoints do not have`, {
      hint: 'Convert the tensor, with Python for instance.',
    });
  }
  writeFileAtomic(path, chunks(tensors, aliases, order, isUnderModel));
}

function* chunks(
  tensors: ReadonlyMap<string, StoredTensor>,
  aliases: ReadonlyMap<string, string>,
  order: readonly string[],
  isUnderModel: boolean,
): Generator<Uint8Array> {
  const keys = new Map([...tensors.keys()].map((name, i) => [name, String(i)]));
  const records: ZipRecord[] = [];
  let at = 0;
  function* entry(name: string, bytes: Uint8Array): Generator<Uint8Array> {
    const record = { name: `archive/${name}`, size: bytes.length, crc: crc32(bytes), at };
    const header = localHeader(record, ALIGNMENT);
    records.push(record);
    at += header.length + bytes.length;
    yield header;
    yield bytes;
  }
  yield* entry('data.pkl', pickle(order, tensors, aliases, keys, isUnderModel));
  yield* entry('byteorder', Buffer.from('little'));
  for (const [name, tensor] of tensors) yield* entry(`data/${keys.get(name)}`, tensor.bytes());
  yield* entry('version', Buffer.from('3\n'));
  yield centralDirectory(records, at);
}

/** Protocol 2. */
function pickle(
  order: readonly string[],
  tensors: ReadonlyMap<string, StoredTensor>,
  aliases: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string>,
  isUnderModel: boolean,
): Buffer {
  const parts = [latin('\x80\x02'), ...(isUnderModel ? [latin('}'), text('model')] : []), latin('}(')];
  for (const name of order) {
    const source = aliases.get(name) ?? name;
    parts.push(text(name), tensor(keys.get(source)!, tensors.get(source)!));
  }
  return Buffer.concat([...parts, latin(isUnderModel ? 'us.' : 'u.')]);
}

function tensor(key: string, { dtype, shape }: StoredTensor): Buffer {
  const elements = byteSize(dtype, shape) / byteSize(dtype, [1]);
  return Buffer.concat([
    ...[
      latin('ctorch._utils\n_rebuild_tensor_v2\n(('),
      text('storage'),
      latin(`ctorch\n${STORAGES[dtype]}\n`),
    ],
    ...[text(key), text('cpu'), integer(elements), latin('tQ'), integer(0)],
    ...[tuple(shape), tuple(rowMajor(shape)), latin('\x89ccollections\nOrderedDict\n)RtR')],
  ]);
}

const latin = (characters: string): Buffer => Buffer.from(characters, 'latin1');

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([latin('X'), length, bytes]);
}

function tuple(sizes: readonly number[]): Buffer {
  return Buffer.concat([latin('('), ...sizes.map(integer), latin('t')]);
}

function integer(value: number): Buffer {
  if (value < 2 ** 31) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return Buffer.concat([latin('J'), bytes]);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return Buffer.concat([latin('\x8a\x08'), bytes]);
}
