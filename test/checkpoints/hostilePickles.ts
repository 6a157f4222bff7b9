/** Checkpoints of PyTorch that are damaged in every way that one can think of, from a seed; some stay whole. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { numbers } from './hostileFiles';
import { storedZip } from './storedZip';

type Random = ReturnType<typeof numbers>;

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'pytorch');
const SEEDS = ['checkpoint.pth', 'legacy.pth', 'module.pt'].map((name) => readFileSync(join(FOLDER, name)));

/** All operations that the machine knows, and some that it does not. */
const CODES = Buffer.from(
  '(012.NIJKMLFGVXUTBC)]}tldaesucRbQpqrghjioS\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x93\x94\x95',
  'latin1',
);
const PIECES = [
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ctorch\nFloatStorage\n',
  'ccollections\nOrderedDict\n',
  'cos\nsystem\n',
  'cbuiltins\neval\n',
  'c__torch__.a\nB\n',
  'X\x05\0\0\0model',
  'X\x07\0\0\0storage',
  'X\x01\0\0\x000',
  'X\xff\xff\xff\x7f',
  'B\xff\xff\xff\xff',
  '\x8d\xff\xff\xff\xff\xff\xff\xff\x7f',
  '\x8b\xff\xff\xff\x7f',
  'r\xff\xff\xff\xff',
  'J\xff\xff\xff\xff',
  'J\xff\xff\xff\x7f',
  'p99999999999999999999\n',
  'I1e999\n',
  '(((((((((((((((((((((',
  '}q\0h\0h\0s', // a dictionary in itself
  ']q\x01h\x01a', // a list in itself
].map((text) => Buffer.from(text, 'latin1'));

function randomPickle(random: Random): Buffer {
  const parts = Array.from({ length: random(60) }, () => {
    if (random(3) === 0) return PIECES[random(PIECES.length)];
    const operands = Array.from({ length: random(3) }, () => random(256));
    return Buffer.from([CODES[random(CODES.length)], ...operands]);
  });
  return Buffer.concat([Buffer.from([0x80, 2]), ...parts, Buffer.from('.')]);
}

function flipped(random: Random, bytes: Buffer, from = 0, to = bytes.length): Buffer {
  const damaged = Buffer.from(bytes);
  for (let i = random(6); i >= 0; i--) {
    const at = from + random(to - from);
    damaged[at] = random(2) ? damaged[at] ^ (1 << random(8)) : [0, 1, 0x7f, 0x80, 0xff][random(5)];
  }
  return damaged;
}

/** One file; small, whatever it claims. */
export function hostileCheckpoint(random: Random): Uint8Array {
  const seed = SEEDS[random(SEEDS.length)];
  const pickleOf = (bytes: Buffer) => {
    const start = bytes.indexOf('\x80\x02', 0, 'latin1');
    return { start, end: Math.min(bytes.length, start + 2500) };
  };
  const kinds: (() => Uint8Array)[] = [
    () => seed,
    () => flipped(random, seed),
    // Mostly within the pickle, mostly within the directory.
    () => flipped(random, seed, pickleOf(seed).start, pickleOf(seed).end),
    () => flipped(random, seed, Math.max(0, seed.length - 1600)),
    () => seed.subarray(0, random(seed.length)),
    () => Buffer.concat([seed, Buffer.alloc(random(70_000), random(256))]),
    () => {
      const at = random(seed.length);
      return Buffer.concat([
        seed.subarray(0, at),
        PIECES[random(PIECES.length)],
        seed.subarray(at + random(9)),
      ]);
    },
    () => storedZip({ 'a/data.pkl': randomPickle(random), 'a/data/0': Buffer.alloc(random(64)) }),
    () => flipped(random, storedZip({ 'a/data.pkl': randomPickle(random), 'a/data/0': Buffer.alloc(64) })),
    () => Buffer.concat([seed.subarray(0, 14), randomPickle(random)]),
    () => randomPickle(random),
  ];
  return kinds[random(kinds.length)]();
}
