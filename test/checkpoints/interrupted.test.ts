/** A save that ends at any operation on files: the folder holds all of the old model or all of the new one. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { fromPretrained, savePretrained } from '../../packages/core/src/checkpoints';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import { TINY, tinyParameters, type TinyConfig } from './tinyFamily';

const power = vi.hoisted(() => ({ left: Infinity }));

// What changes the disk stops working once `power.left` operations are done, as for a process that was killed.
vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const changing = ['openSync', 'writeSync', 'renameSync', 'rmSync', 'rmdirSync', 'mkdirSync'] as const;
  const cut = changing.map((name) => {
    const operation = original[name] as (...parameters: unknown[]) => unknown;
    const wrapped = (...parameters: unknown[]) => {
      if (power.left <= 0) throw new Error('killed');
      power.left--;
      return operation(...parameters);
    };
    return [name, wrapped] as const;
  });
  // No power fails here, and disks are slow.
  const fsyncSync = () => undefined;
  return { ...original, ...(Object.fromEntries(cut) as object), fsyncSync };
});

const root = fs.mkdtempSync(join(tmpdir(), 'blip2-interrupted-'));

interface Version {
  config: TinyConfig;
  /** Every value of every tensor. */
  value: number;
  /** Small ones make several files. */
  maxShardSize?: number;
}

function save(dir: string, { config, value, maxShardSize }: Version): void {
  const shapes = Object.entries(tinyParameters(config)).map(([name, { shape }]) => [name, shape] as const);
  const tensors = shapes.map(([name, shape]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, data: new Float32Array(size).fill(value) }] as const;
  });
  savePretrained(dir, TINY, config, Object.fromEntries(tensors), { maxShardSize });
}

/** The value of all tensors, and the config. */
function load(dir: string): Pick<Version, 'config' | 'value'> {
  const { config, tensors, dispose } = fromPretrained(dir, TINY);
  const values = new Set(Object.values(tensors).flatMap((tensor) => [...(tensor as Tensor).dataSync()]));
  dispose();
  expect(values.size).toBe(1);
  return { config, value: [...values][0] };
}

const single = (vocabSize: number, value: number): Version => ({
  config: { vocabSize, hiddenSize: 4 },
  value,
});
const sharded = (vocabSize: number, value: number, maxShardSize = 150): Version => ({
  ...single(vocabSize, value),
  maxShardSize,
});

test.each<[string, Version, Version]>([
  ['one file over another', single(5, 1), single(6, 2)],
  ['one file over several', sharded(5, 1), single(6, 2)],
  ['several over one', single(5, 1), sharded(6, 2)],
  ['several over as many', sharded(5, 1), sharded(6, 2)],
  ['several over more', sharded(5, 1, 10), sharded(6, 2)],
])('%s', (_, before, after) => {
  const seen = new Set<number>();
  let finished = false;
  for (let operations = 0; !finished; operations++) {
    const dir = join(root, 'model');
    save(dir, before);
    fs.writeFileSync(join(dir, 'tokenizer.json'), '{}');
    power.left = operations;
    try {
      save(dir, after);
      finished = true;
    } catch (error) {
      expect((error as Error).message).toContain('killed');
    }
    power.left = Infinity;
    const found = load(dir);
    const { config, value } = found.value === after.value ? after : before;
    expect(found).toEqual({ config, value });
    seen.add(found.value);

    const next = single(7, 3);
    save(dir, next);
    expect(load(dir)).toEqual(next);
    expect(fs.readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    fs.rmSync(dir, { recursive: true });
  }
  expect([...seen]).toEqual([before.value, after.value]);
  expect(tf.memory().numTensors).toBe(0);
});

test('the first model of a folder: none, or a whole one', () => {
  let finished = false;
  for (let operations = 0; !finished; operations++) {
    const dir = join(root, 'first');
    power.left = operations;
    try {
      save(dir, sharded(5, 1));
      finished = true;
    } catch {
      // Killed.
    }
    power.left = Infinity;
    try {
      expect(load(dir).value).toBe(1);
    } catch (error) {
      expect(finished).toBe(false);
      expect((error as Error).message).toMatch(/There is no folder|holds no config\.json/);
    }
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
