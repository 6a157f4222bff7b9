import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  fromPretrained,
  savePretrained,
  sha256File,
  writeSafetensors,
  type HostTensor,
} from '../../packages/core/src/checkpoints';
import { HalfTensor, ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import { TINY, TINY_CONFIG, tinyParameters } from './tinyFamily';

const root = mkdtempSync(join(tmpdir(), 'blip2-pretrained-'));
const parameters = ParameterStore.create(tinyParameters(TINY_CONFIG), 1);
const values = parameters.snapshot();
const WEIGHTS = 'model.safetensors';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(root, 'model-'));
  savePretrained(dir, TINY, TINY_CONFIG, parameters);
});

const read = (tensors: object) =>
  Object.fromEntries(
    Object.entries(tensors as Record<string, Tensor>).map(([name, tensor]) => {
      return [name, { shape: tensor.shape, data: tensor.dataSync() }];
    }),
  );

/** A folder whose file of weights holds other tensors. */
const withTensors = (tensors: Record<string, HostTensor>) => writeSafetensors(join(dir, WEIGHTS), tensors);

/** The file of weights made by hand: bytes of each tensor, in the order given. */
function craft(
  tensors: [name: string, dtype: string, shape: number[], bytes: Uint8Array][],
  padding = '',
): void {
  let at = 0;
  const entries = tensors.map(([name, dtype, shape, bytes]) => {
    const begin = at;
    at += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)) + padding);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(join(dir, WEIGHTS), Buffer.concat([length, json, ...tensors.map(([, , , bytes]) => bytes)]));
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

describe('what is loaded', () => {
  test('frozen tensors; parameters to be trained; their memory comes back', () => {
    const held = tf.memory().numTensors;
    const {
      config,
      tensors,
      weights,
      hash,
      parameters: trained,
      dispose,
    } = fromPretrained(dir, TINY, {
      trainable: (name, model) => name.startsWith('norm.') && name in model.parameters(),
    });
    expect(config).toEqual(TINY_CONFIG);
    const { 'norm.weight': weight, 'norm.bias': bias, ...rest } = values;
    expect(read(tensors)).toEqual(rest);
    expect(trained.snapshot()).toEqual({ 'norm.weight': weight, 'norm.bias': bias });
    expect(weights.scope('fc').get('bias').shape).toEqual([3]);
    expect(weights.get('scale').shape).toEqual([]);
    expect(hash).toBe(sha256File(join(dir, WEIGHTS)));
    dispose();
    expect(tf.memory().numTensors).toBe(held);
  });

  test('tensors outlive the tidy in which they were loaded', () => {
    const { tensors, dispose } = tf.tidy(() => fromPretrained(dir, TINY) as never) as ReturnType<
      typeof fromPretrained
    >;
    expect(read(tensors)).toEqual(values);
    dispose();
  });

  test('matrices in 16 bit; norms, biases, positions and scalars in float32', () => {
    const { tensors, dispose } = fromPretrained(dir, TINY, { dtype: 'bfloat16' });
    const half = Object.keys(tensors).filter((name) => tensors[name] instanceof HalfTensor);
    expect(half).toEqual(['embed_tokens.weight', 'fc.weight']);
    dispose();
  });

  test.each(['float16', 'bfloat16'] as const)(
    'as they are stored, where the type is left to the file: %s',
    (dtype) => {
      expect(Object.values(fromPretrained(dir, TINY, { dtype: 'auto' }).tensors)).not.toContainEqual(
        expect.any(HalfTensor),
      );
      savePretrained(dir, TINY, TINY_CONFIG, parameters, { dtype });
      const asked = fromPretrained(dir, TINY, { dtype });
      const left = fromPretrained(dir, TINY, { dtype: 'auto' });
      for (const [name, tensor] of Object.entries(asked.tensors)) {
        const same = left.tensors[name];
        if (!(tensor instanceof HalfTensor)) expect(same).not.toBeInstanceOf(HalfTensor);
        else expect((same as HalfTensor).bytes()).toEqual(tensor.bytes());
      }
      expect((left.tensors['fc.weight'] as HalfTensor).dtype).toBe(dtype);
      asked.dispose();
      left.dispose();
    },
  );

  test('an odd header, so that nothing is aligned', () => {
    const order = Object.entries(values).map(([name, { shape, data }]) => {
      return [name, 'F32', shape, bytes(data)] as [string, string, number[], Uint8Array];
    });
    for (const padding of ['', ' ', '  ', '   ']) {
      craft(order, padding);
      const { tensors, dispose } = fromPretrained(dir, TINY);
      expect(read(tensors)).toEqual(values);
      dispose();
    }
  });

  test('old spellings, buffers, doubles and a tied duplicate', () => {
    const { 'fc.weight': weight, 'fc.bias': bias, ...rest } = values;
    const double = Float64Array.from(bias.data, (x) => x);
    const others = Object.entries(rest).map(
      ([name, { shape, data }]) => [name, 'F32', shape, bytes(data)] as never,
    );
    craft([
      ...others,
      [
        'lm_head.weight',
        'F32',
        values['embed_tokens.weight'].shape,
        bytes(values['embed_tokens.weight'].data),
      ],
      ['dense.weight', 'F32', weight.shape, bytes(weight.data)],
      ['dense.bias', 'F64', bias.shape, bytes(double)],
      ['position_ids', 'I64', [1], new Uint8Array(8)],
    ]);
    const { tensors, dispose } = fromPretrained(dir, TINY);
    expect(read(tensors)).toEqual(values);
    dispose();
  });

  test('the folder may be saved over while the model lives', () => {
    // Of many pages, none of which has been read.
    const config = { vocabSize: 20_000, hiddenSize: 5 };
    const store = ParameterStore.create(tinyParameters(config), 2);
    savePretrained(dir, TINY, config, store, { maxShardSize: 200_000 });
    const old = fromPretrained(dir, TINY);
    savePretrained(dir, TINY, TINY_CONFIG, parameters);
    expect(readdirSync(dir).sort()).toEqual(['config.json', WEIGHTS]);
    expect(read(old.tensors)).toEqual(store.snapshot());
    expect(() => old.hash).toThrow(dir);
    savePretrained(dir, TINY, config, old.tensors as Record<string, Tensor>);
    expect(read(fromPretrained(dir, TINY).tensors)).toEqual(store.snapshot());
  });
});

describe('what does not fit is named', () => {
  const loading = () => () => fromPretrained(dir, TINY);

  test('all of it, in one error', () => {
    const { 'norm.weight': weight, 'norm.bias': _, scale, ...rest } = values;
    const tooLong = { shape: [2], data: Float32Array.of(1, 2) };
    withTensors({
      ...rest,
      'norm.wait': weight,
      'norm.weight': tooLong,
      scale: { ...scale, data: Int32Array.of(1) },
    });
    const held = tf.memory().numTensors;
    expect(loading()).toThrow(
      new RegExp(
        `^${dir} does not fit its config\\.json: ` +
          'norm\\.bias is missing; ' +
          'norm\\.weight \\(model\\.safetensors\\) has the shape \\[2\\], the model wants \\[5\\]; ' +
          'norm\\.wait \\(model\\.safetensors\\) is no parameter of the model; ' +
          'scale \\(model\\.safetensors\\) is I32, but weights are F32, F16, BF16 or F64$',
      ),
    );
    expect(tf.memory().numTensors).toBe(held);
  });

  test('the first ten, and how many more', () => {
    withTensors(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`extra.${i}`, values.scale])));
    expect(loading()).toThrow(
      /: embed_tokens\.weight is missing; .*; extra\.2 \(model\.safetensors\) is no [^;]*; and 27 more$/,
    );
  });

  test('a tied duplicate that differs', () => {
    const { shape, data } = values['embed_tokens.weight'];
    withTensors({ ...values, 'lm_head.weight': { shape, data: data.map((x) => x + 1) } });
    expect(loading()).toThrow(
      'lm_head.weight (model.safetensors) differs from embed_tokens.weight, though the model has one matrix for both',
    );
  });

  test('control characters of a name do not reach the terminal', () => {
    withTensors({ ...values, '\u001b[2Jx': values.scale });
    expect(loading()).toThrow('\\u001b[2Jx (model.safetensors) is no parameter');
  });

  test('tensors that a cut file lacks', () => {
    const size = readFileSync(join(dir, WEIGHTS)).length;
    truncateSync(join(dir, WEIGHTS), size - 40);
    expect(loading()).toThrow(/model\.safetensors: tensor .*: ends at byte .*; tensor .*: ends at byte/);
  });

  test('a type that is not read', () => {
    const others = Object.entries(values).map(([name, { shape, data }]) =>
      name === 'norm.bias' ? [name, 'F8_E4M3', shape, new Uint8Array(5)] : [name, 'F32', shape, bytes(data)],
    );
    craft(others as never);
    expect(loading()).toThrow('norm.bias (model.safetensors) is F8_E4M3, but weights are');
  });

  test('shards: absent, cut, or without what the index says', () => {
    savePretrained(dir, TINY, TINY_CONFIG, parameters, { maxShardSize: 100 });
    const shards = readdirSync(dir).filter((name) => /^model-.*-of-00004\.safetensors$/.test(name));
    expect(shards).toHaveLength(4);
    rmSync(join(dir, shards[0]));
    truncateSync(join(dir, shards[1]), 100);
    writeSafetensors(join(dir, shards[2]), { other: values.scale });
    expect(loading()).toThrow(
      /model-00001-of-00004\.safetensors is missing, though .*; .*model-00002-of-00004\.safetensors: .*; [a-z._]+ is not in model-00003-of-00004/,
    );
  });
});

test('a folder that is saved over while it is read is no mixture', () => {
  const held = tf.memory().numTensors;
  const meddling: typeof TINY = {
    ...TINY,
    readConfig(json, files) {
      savePretrained(dir, TINY, TINY_CONFIG, parameters);
      return TINY.readConfig(json, files);
    },
  };
  expect(() => fromPretrained(dir, meddling)).toThrow(`${dir} was written to while it was read`);
  expect(tf.memory().numTensors).toBe(held);
  const { hash, dispose } = fromPretrained(dir, TINY);
  expect(hash).toHaveLength(64);
  dispose();
});

test('a replacement that nobody has written', () => {
  mkdirSync(join(dir, '.replacing'));
  writeFileSync(join(dir, '.replacing', 'files.json'), '{"files":5}');
  expect(() => fromPretrained(dir, TINY)).toThrow(/files\.json lists no files/);
});

describe('what is no such model', () => {
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  test.each<[string, () => void, RegExp]>([
    ['no folder', () => rmSync(dir, { recursive: true }), /There is no folder/],
    ['a file', () => (rmSync(dir, { recursive: true }), writeFileSync(dir, '')), /is a file, not a folder/],
    ['no config', () => rmSync(join(dir, 'config.json')), /holds no config\.json/],
    ['no JSON', () => write('config.json', '{'), /config\.json is not JSON/],
    [
      'another family',
      () => write('config.json', '{"model_type":"t5"}'),
      /config\.json is a "t5", not "tiny"/,
    ],
    ['no model_type', () => write('config.json', '{}'), /config\.json names no model_type, not "tiny"/],
    ['no weights', () => rmSync(join(dir, WEIGHTS)), /holds neither model\.safetensors nor/],
  ])('%s', (_, spoil, message) => {
    spoil();
    expect(() => fromPretrained(dir, TINY)).toThrow(message);
    expect(() => fromPretrained(dir, TINY)).toThrow(dir);
  });

  test('weights of PyTorch that are none', () => {
    rmSync(join(dir, WEIGHTS));
    write('pytorch_model.bin', '');
    expect(() => fromPretrained(dir, TINY)).toThrow(
      /pytorch_model\.bin has 0 bytes, too few for a checkpoint/,
    );
  });

  test('a field that is wrong is told with its folder', () => {
    write('config.json', '{"model_type":"tiny","hidden_size":-5}');
    expect(() => fromPretrained(dir, TINY)).toThrow(`${dir}: config.json of a tiny model: hidden_size`);
  });
});
