/** Variants of the Shapes world: domains of unseen combinations, other pictures, other words. */
import { describe, expect, it } from 'vitest';
import {
  COLORS,
  domainOf,
  DOMAINS,
  isUnseen,
  judgeCaption,
  layoutKey,
  plainWords,
  readStatement,
  SHAPES,
  shapesWorld,
  type ShapesOptions,
  splitOf,
} from '../../datasets/src';

const SMALL: ShapesOptions = { train: 300, validation: 40, test: 60 };
const everyPair = COLORS.flatMap((color) => SHAPES.map((shape) => ({ color, shape })));

describe('domains', () => {
  it('keep a quarter of the combinations, of every color and every shape', () => {
    const unseen = everyPair.filter(isUnseen);
    expect(unseen).toHaveLength(12);
    for (const shape of SHAPES) expect(unseen.filter((one) => one.shape === shape)).toHaveLength(2);
    for (const color of COLORS) expect(unseen.some((one) => one.color === color)).toBe(true);
  });

  it('in: no picture shows an unseen combination, and no caption names one', () => {
    const world = shapesWorld({ ...SMALL, domain: 'in', captions: { perScene: 3 } });
    for (const split of ['train', 'validation', 'test'] as const) {
      for (const { scene, captions } of world.splits[split]) {
        expect(scene.objects.filter(isUnseen)).toEqual([]);
        const named = captions.flatMap((caption) => readStatement(caption)!.things);
        expect(named.filter(isUnseen)).toEqual([]);
      }
    }
    const seen = new Set(
      world.splits.train.flatMap(({ scene }) => scene.objects.map(({ color, shape }) => `${color} ${shape}`)),
    );
    expect(seen.size).toBe(36);
  });

  it.each(DOMAINS)('%s: scenes are of it, and of their split', (domain) => {
    const { splits } = shapesWorld({ ...SMALL, train: 0, domain });
    for (const split of ['validation', 'test'] as const) {
      for (const { scene } of splits[split]) {
        expect(domainOf(scene.objects)).toBe(domain);
        expect(splitOf(scene.objects)).toBe(split);
      }
    }
    expect(new Set(splits.test.map(({ scene }) => layoutKey(scene.objects))).size).toBeGreaterThan(50);
  });

  it('of a scene with several unseen objects beside seen ones there is none', () => {
    const [unseen, other] = everyPair.filter(isUnseen);
    const seen = everyPair.find((one) => !isUnseen(one))!;
    expect(domainOf([unseen, other, seen])).toBeUndefined();
    expect(domainOf([unseen])).toBe('out');
  });

  it('say so where they cannot be', () => {
    const world = shapesWorld({ ...SMALL, colors: 3, shapes: 3, domain: 'in' });
    expect(() => shapesWorld({ ...SMALL, domain: 'far' as 'in' })).toThrow(
      'domain must be one of in, near, out',
    );
    expect(world.splits.test.every(({ scene }) => domainOf(scene.objects) === 'in')).toBe(true);
    const none = shapesWorld({
      ...SMALL,
      colors: 1,
      shapes: 1,
      objects: 1,
      domain: 'in',
      captions: { objects: 1 },
      webNoise: { wrongScene: 0, halfTrue: 0, generic: 0 },
    });
    expect(() => none.splits.test).toThrow("no 1 objects of the domain 'in'");
  });
});

describe('the hatched style', () => {
  const plain = shapesWorld(SMALL);
  const hatched = shapesWorld({ ...SMALL, style: 'hatched' });

  it('shows the same in another look', () => {
    plain.splits.test.forEach((example, i) => {
      const other = hatched.splits.test[i];
      expect(layoutKey(other.scene.objects)).toBe(layoutKey(example.scene.objects));
      expect(other.captions).toEqual(example.captions);
      expect(Buffer.compare(hatched.mask(other), plain.mask(example))).toBe(0);
      expect(Buffer.compare(hatched.render(other), plain.render(example))).not.toBe(0);
    });
  });

  it('has stripes where the solid one has one color', () => {
    /** How far the brightness goes apart across one stripe and the next, in the middle of an object. */
    const spread = (world: typeof plain, index: number, object: number) => {
      const example = world.splits.test[index];
      const { x, y } = example.scene.objects[object];
      const scale = 4;
      const pixels = world.render(example, scale);
      const row = Math.round(y * scale) * world.imageSize * scale;
      const brightness = [-1.5, -0.75, 0, 0.75, 1.5].map((dx) => {
        const at = (row + Math.round((x + dx) * scale)) * 3;
        return pixels[at] + pixels[at + 1] + pixels[at + 2];
      });
      return Math.max(...brightness) - Math.min(...brightness);
    };
    // Squares and circles are full in their middle.
    const full = plain.splits.test.flatMap(({ scene }, index) =>
      scene.objects.flatMap(({ shape }, object) =>
        shape === 'square' || shape === 'circle' ? [[index, object] as const] : [],
      ),
    );
    expect(full.length).toBeGreaterThan(20);
    for (const [index, object] of full) {
      expect(spread(plain, index, object)).toBeLessThan(12);
      expect(spread(hatched, index, object)).toBeGreaterThan(40);
    }
  });
});

describe('captions in sentences', () => {
  const world = shapesWorld({
    ...SMALL,
    captions: { phrasing: 'sentences', objects: [1, 2, 3], relationProbability: 0.8 },
  });

  it('say what plain ones say', () => {
    const plain = shapesWorld({ ...SMALL, captions: { objects: [1, 2, 3], relationProbability: 0.8 } });
    plain.splits.train.forEach(({ captions, scene }, i) => {
      const [sentence] = world.splits.train[i].captions;
      expect(sentence).not.toBe(captions[0]);
      expect(plainWords(sentence)).toBe(captions[0]);
      expect(judgeCaption(sentence, scene.objects).readable).toBe(false);
    });
  });

  it('are of three forms, and swapped in the form that they have', () => {
    const forms = new Set<string>();
    for (const { captions, swaps, scene } of world.splits.train) {
      const opening = /^(?:there is|a picture of|the)/.exec(captions[0])![0];
      forms.add(opening);
      for (const swapped of Object.values(swaps[0])) {
        expect(swapped.startsWith(opening)).toBe(true);
        expect(judgeCaption(plainWords(swapped), scene.objects)).toMatchObject({
          readable: true,
          right: false,
        });
      }
    }
    expect(forms.size).toBe(3);
  });
});
