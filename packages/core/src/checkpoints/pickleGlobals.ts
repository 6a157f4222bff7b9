/** The classes and functions that PyTorch's checkpoints name: what each makes of its arguments, in plain values. */
import { byteSize, type SafetensorsDtype } from './dtypes';
import { PickledObject, PickleGlobal, type PickleValue } from './pickleMachine';
import { excerpt } from './problems';
import { extent, isRowMajor } from './strides';

/** A storage: memory that one or several tensors lie in. */
export interface Storage {
  key: string;
  dtype: SafetensorsDtype;
  elements: number;
}

/** A tensor: a part of a storage. */
export interface PickledTensor {
  storage: Storage;
  dtype: SafetensorsDtype;
  /** In elements. */
  offset: number;
  shape: number[];
  /** Where it does not lie row by row. */
  strides?: number[];
}

const STORAGES: Readonly<Record<string, SafetensorsDtype>> = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const DTYPES: Readonly<Record<string, SafetensorsDtype>> = {
  ...{ float32: 'F32', float64: 'F64', float16: 'F16', bfloat16: 'BF16' },
  ...{ int64: 'I64', int32: 'I32', int16: 'I16', int8: 'I8', uint8: 'U8', bool: 'BOOL' },
};

type Fail = (problem: string) => never;

const isSize = (value: PickleValue): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areSizes = (values: PickleValue): values is number[] => Array.isArray(values) && values.every(isSize);

/** A tensor where a value is one. */
export function tensorOf(value: PickleValue): PickledTensor | undefined {
  return value instanceof PickledObject && value.kind === 'tensor'
    ? (value.value as PickledTensor)
    : undefined;
}

/** The memory that a persistent id names: ('storage', type, key, device, elements, …). */
export function storageOf(id: PickleValue, fail: Fail): PickledObject {
  const [tag, type, key, , elements] = Array.isArray(id) ? id : [];
  const name = type instanceof PickleGlobal ? type.name : '';
  const dtype = name === 'torch.storage.UntypedStorage' ? 'U8' : STORAGES[name.replace('torch.', '')];
  if (tag !== 'storage' || typeof key !== 'string' || !isSize(elements))
    return fail('names a damaged storage');
  if (!dtype) return fail(`has a storage of ${excerpt(name)}, which is not read`);
  return new PickledObject('storage', { key, dtype, elements } satisfies Storage);
}

/** The look-up of names. @param fail is told of those that no checkpoint needs */
export function pickleGlobals(fail: Fail): (module: string, name: string) => PickleGlobal {
  const tensor = ([storage, offset, shape, strides]: PickleValue[], dtype?: SafetensorsDtype) => {
    const memory =
      storage instanceof PickledObject && storage.kind === 'storage' && (storage.value as Storage);
    if (!memory || !isSize(offset) || !areSizes(shape) || !areSizes(strides))
      return fail('has a damaged tensor');
    return new PickledObject('tensor', within(memory, offset, shape, strides, dtype ?? memory.dtype, fail));
  };
  const first = ([value]: PickleValue[]) => value;
  const dtypeOf = (value: PickleValue) =>
    (value instanceof PickleGlobal && DTYPES[value.name.replace('torch.', '')]) ||
    fail('has a damaged dtype');
  const object = (kind: string) => () => new PickledObject(kind);
  const known: Record<string, (args: PickleValue[]) => PickleValue> = {
    'collections.OrderedDict': () => new Map(),
    'argparse.Namespace': object('Namespace'),
    'torch._utils._rebuild_tensor': (args) => tensor(args),
    'torch._utils._rebuild_tensor_v2': (args) => tensor(args),
    'torch._utils._rebuild_tensor_v3': (args) => tensor(args, dtypeOf(args[6])),
    'torch._utils._rebuild_parameter': first,
    'torch._utils._rebuild_parameter_with_state': first,
    'torch.Size': first,
    'torch.device': first,
    // What TorchScript writes around its lists.
    'torch.jit._pickle.build_intlist': first,
    'torch.jit._pickle.build_doublelist': first,
    'torch.jit._pickle.build_boollist': first,
    'torch.jit._pickle.build_tensorlist': first,
    'torch.jit._pickle.restore_type_tag': first,
  };
  return (module, name) => {
    const full = `${module}.${name}`;
    if (Object.hasOwn(known, full)) return new PickleGlobal(full, known[full]);
    const isType = module === 'torch' && (Object.hasOwn(STORAGES, name) || Object.hasOwn(DTYPES, name));
    if (isType || full === 'torch.storage.UntypedStorage') return new PickleGlobal(full);
    // Modules of TorchScript: their attributes are read, their code is not.
    if (/^__torch__(\.|$)/.test(module)) return new PickleGlobal(full, object('module'));
    return fail(`names ${excerpt(full)}, which is no part of a checkpoint; nothing of it was run`);
  };
}

function within(
  storage: Storage,
  offset: number,
  shape: number[],
  strides: number[],
  dtype: SafetensorsDtype,
  fail: Fail,
): PickledTensor {
  const elements = byteSize(storage.dtype, [storage.elements]) / byteSize(dtype, [1]);
  const count = shape.reduce((product, side) => product * side, 1);
  const fits =
    strides.length === shape.length && shape.length <= 64 && offset + extent(shape, strides) <= elements;
  const what = `a tensor of ${excerpt(shape)}`;
  if (!fits) return fail(`has ${what} that reaches beyond its storage`);
  // Such a one would take more memory than there are bytes in the file.
  if (count > elements)
    return fail(`has ${what} that repeats values of its storage: save a copy of it, with .clone()`);
  return { storage, dtype, offset, shape, strides: isRowMajor(shape, strides) ? undefined : strides };
}
