import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Example,
  layoutKey,
  Random,
  type ShapesOptions,
  shapesWorld,
  splitOf,
  type Split,
} from '../../datasets/src';

const SPLITS: Split[] = ['train', 'validation', 'test'];
const world = shapesWorld();
const PLAIN: ShapesOptions = {
  cells: 3,
  objects: 2,
  colors: 6,
  shapes: 4,
  sizes: 1,
  confetti: 0,
  captions: { sizeProbability: 0 },
};
const plain = shapesWorld({ ...PLAIN, train: 2_000, validation: 200, test: 400 });

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 16);

/** Hashes of what the first 100 training examples are, say and look like. */
function fingerprint(options: ShapesOptions) {
  const { splits, render } = shapesWorld({ ...options, train: 100 });
  const pixels = createHash('sha256');
  for (const example of splits.train) pixels.update(render(example));
  return {
    scenes: sha256(JSON.stringify(splits.train.map((e) => e.scene))),
    captions: sha256(JSON.stringify(splits.train.map((e) => [e.captions, e.swaps, e.webCaption]))),
    questions: sha256(JSON.stringify(splits.train.map((e) => e.questions))),
    pixels: pixels.digest('hex').slice(0, 16),
  };
}

describe('Random', () => {
  it('draws what its path says, whatever else was drawn', () => {
    const first = [new Random(0, 'a'), new Random(0, 'b'), new Random(1, 'a')].map((r) => r.next());
    expect(new Set(first).size).toBe(3);
    expect(new Random(0, 'a').next()).toBe(first[0]);
  });

  it('is even: each of 16 values of each 4-bit group of the word comes up one time in 16', () => {
    const random = new Random('even');
    const counts = Array.from({ length: 8 }, () => new Array<number>(16).fill(0));
    const draws = 64_000;
    for (let i = 0; i < draws; i++) {
      const word = random.next();
      counts.forEach((row, group) => row[(word >>> (4 * group)) & 15]++);
    }
    // Standard deviation 61: five of them.
    for (const row of counts) for (const count of row) expect(Math.abs(count - draws / 16)).toBeLessThan(310);
  });

  it('samples without repetition', () => {
    const random = new Random('sample');
    for (let i = 0; i < 100; i++) expect(new Set(random.sample([1, 2, 3, 4, 5], 4)).size).toBe(4);
  });
});

describe('shapesWorld', () => {
  // Written down once: another machine, Node version or refactoring must come to the same.
  it('is the same on every machine', () => {
    expect(fingerprint({})).toEqual({
      scenes: 'c3ac8afd0321b90b',
      captions: '3563dcec19dd19b3',
      questions: 'a267cf16a1a1513e',
      pixels: '277fac92ef5b6e7d',
    });
    expect(fingerprint(PLAIN)).toEqual({
      scenes: 'c4994702aa38fabb',
      captions: 'f1b8b14666c834cf',
      questions: '97cfa7faaf28846a',
      pixels: '051df15142f206d1',
    });
  });

  it('differs by seed', () => {
    expect(fingerprint({ seed: 1 }).scenes).not.toBe(fingerprint({ seed: 0 }).scenes);
  });

  it('has splits of the sizes asked for, with ids of their own', () => {
    expect(SPLITS.map((split) => world.splits[split].length)).toEqual([10_000, 500, 1_000]);
    const ids = SPLITS.flatMap((split) => world.splits[split].map((e) => e.id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('begins a longer split with the shorter one', () => {
    const short = shapesWorld({ train: 5 }).splits.train;
    expect(world.splits.train.slice(0, 5)).toEqual(short);
  });

  it('draws the same pictures whatever the captions say', () => {
    const other = shapesWorld({ train: 20, captions: { order: 'random', relationProbability: 0.5 } });
    expect(other.splits.train.map((e) => e.scene)).toEqual(
      world.splits.train.slice(0, 20).map((e) => e.scene),
    );
  });

  it.each([
    ['default', world],
    ['plain', plain],
  ])('shares no layout between splits, nor with the splits of another seed (%s)', (_, one) => {
    const other = shapesWorld({ ...one.settings, seed: 7, train: 2_000 });
    const layouts = (examples: Example[]) => new Set(examples.map((e) => layoutKey(e.scene.objects)));
    for (const a of SPLITS) {
      const mine = layouts(one.splits[a]);
      expect(mine.size).toBeGreaterThan(100);
      for (const b of SPLITS.filter((split) => split !== a)) {
        expect([...layouts(one.splits[b])].filter((key) => mine.has(key))).toEqual([]);
        expect([...layouts(other.splits[b])].filter((key) => mine.has(key))).toEqual([]);
      }
    }
    expect(splitOf(one.splits.test[0].scene.objects)).toBe('test');
  });

  it('uses colors, shapes and cells evenly', () => {
    for (const attribute of ['color', 'shape', 'row', 'column'] as const) {
      const counts = new Map<unknown, number>();
      const objects = world.splits.train.flatMap((e) => e.scene.objects);
      for (const object of objects) counts.set(object[attribute], (counts.get(object[attribute]) ?? 0) + 1);
      for (const count of counts.values()) {
        // The middle row and column are a little rarer: more of their pairs are diagonal.
        expect((count * counts.size) / objects.length).toBeGreaterThan(0.85);
        expect((count * counts.size) / objects.length).toBeLessThan(1.15);
      }
    }
  });

  it('gives objects of one scene different colors and shapes', () => {
    for (const { scene } of world.splits.train) {
      expect(scene.objects).toHaveLength(3);
      expect(new Set(scene.objects.map((o) => o.color)).size).toBe(3);
      expect(new Set(scene.objects.map((o) => o.shape)).size).toBe(3);
    }
  });

  it.each<[ShapesOptions, string]>([
    [{ cels: 4 } as ShapesOptions, "'cels'"],
    [{ captions: { sizes: 1 } } as ShapesOptions, "'captions.sizes'"],
    [{ colors: 9 }, 'colors'],
    [{ objects: 5 }, 'objects'],
    [{ train: 1.5 }, 'train'],
    [{ captions: { objects: 4 } }, 'captions.objects'],
    [{ captions: { objects: [] } }, 'captions.objects'],
    [{ sizes: 1 }, 'captions.sizeProbability'],
    [{ webNoise: { wrongScene: 0.9 } }, 'webNoise'],
  ])('names the option that is wrong: %j', (options, name) => {
    expect(() => shapesWorld(options)).toThrow(RangeError);
    expect(() => shapesWorld(options)).toThrow(name);
  });

  it('says so where a split can have no layout', () => {
    const tiny = shapesWorld({
      cells: 2,
      objects: 1,
      colors: 1,
      shapes: 1,
      sizes: 1,
      captions: { objects: 1, sizeProbability: 0 },
      webNoise: NO_NOISE,
    });
    expect(() => SPLITS.map((split) => tiny.splits[split])).toThrow('too few layouts');
  });
});

const NO_NOISE = { wrongScene: 0, halfTrue: 0, generic: 0 };
