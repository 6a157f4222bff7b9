import { describe, expect, it } from 'vitest';
import {
  type Example,
  judgeCaption,
  readStatement,
  type Scene,
  type ShapesOptions,
  shapesWorld,
  wordsOf,
} from '../../datasets/src';

/** Of sizes nothing is said or asked. */
const plain: ShapesOptions = { cells: 3, objects: 2, sizes: 1, captions: { sizeProbability: 0 } };
const talkative: ShapesOptions = {
  train: 3_000,
  captions: { objects: [1, 2, 3], order: 'random', relationProbability: 0.8, perScene: 2 },
};
const worlds = {
  default: shapesWorld(),
  plain: shapesWorld({ ...plain, train: 3_000 }),
  talkative: shapesWorld(talkative),
};

/**
 * Checks a caption by the words alone and by where the objects are in *pixels*: written apart from the library,
 * which reasons about cells.
 */
function isTrue(caption: string, scene: Scene): boolean {
  const parts = caption.split(
    / (above|below|left of|right of) | and (above|below|left of|right of) |, | and /,
  );
  const find = (name: string) => {
    const words = name.split(' ');
    const [shape, color, size] = [words.pop(), words.pop(), words.length > 1 ? words.pop() : undefined];
    if (words.length !== 1 || !/^an?$/.test(words[0])) throw new Error(`no name of an object: ${name}`);
    return scene.objects.find((o) => o.shape === shape && o.color === color && (!size || o.size === size));
  };
  const relation = /^(above|below|left of|right of)$/;
  const names = parts.filter((part) => part && !relation.test(part));
  const relations = parts.filter((part) => part && relation.test(part));
  const objects = names.map(find);
  if (objects.some((object) => !object) || new Set(objects).size < names.length) return false;
  return relations.every((words, i) => {
    const [a, b] = [objects[0]!, objects[i + 1]!];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const vertical = Math.abs(dy) > Math.abs(dx);
    const holds = {
      above: vertical && dy > 0,
      below: vertical && dy < 0,
      'left of': !vertical && dx > 0,
      'right of': !vertical && dx < 0,
    };
    return holds[words as keyof typeof holds];
  });
}

const sortedWords = (text: string) =>
  text
    .replace(/,/g, '')
    .replace(/\ban\b/g, 'a')
    .split(' ')
    .sort()
    .join(' ');
const share = (examples: Example[], test: (e: Example) => boolean) =>
  examples.filter(test).length / examples.length;

describe.each(Object.entries(worlds))('captions of the %s world', (name, { splits, settings }) => {
  const examples = [...splits.train.slice(0, 3_000), ...splits.test];

  it('are true, by the independent check and by the library', () => {
    for (const { captions, scene, id } of examples) {
      expect(captions).toHaveLength(settings.captions.perScene);
      for (const caption of captions) {
        expect(isTrue(caption, scene), `${id}: ${caption}`).toBe(true);
        expect(judgeCaption(caption, scene.objects).right).toBe(true);
      }
    }
  });

  it('are read back as they were said', () => {
    for (const { captions } of examples) {
      for (const caption of captions) expect(wordsOf(readStatement(caption)!)).toBe(caption);
    }
  });

  it('are false once swapped, with the words they had (of one object: one word changed)', () => {
    for (const { captions, swaps, scene } of examples) {
      swaps.forEach((swapped, i) => {
        for (const [swap, text] of Object.entries(swapped)) {
          expect(isTrue(text, scene), `${captions[i]} → ${swap}: ${text}`).toBe(false);
          const named = readStatement(captions[i])!.things.length;
          if (swap !== 'axis' && named > 1) expect(sortedWords(text)).toBe(sortedWords(captions[i]));
          if (swap === 'axis')
            expect(text.replace(/above|below|left of|right of/g, '')).toBe(
              captions[i].replace(/above|below|left of|right of/g, ''),
            );
        }
      });
    }
  });

  it('have web noise of the shares asked for, of the kinds it says', () => {
    const kinds = { ...settings.webNoise, right: 0.4 };
    for (const [kind, expected] of Object.entries(kinds)) {
      // Three standard deviations of the smallest sample are 2.3 points.
      expect(Math.abs(share(examples, (e) => e.webCaption.kind === kind) - expected)).toBeLessThan(0.025);
    }
    for (const { webCaption, scene } of examples) {
      const judged = judgeCaption(webCaption.text, scene.objects);
      expect(judged.readable).toBe(webCaption.kind !== 'generic');
      if (judged.readable) expect(isTrue(webCaption.text, scene)).toBe(webCaption.kind === 'right');
      if (webCaption.kind === 'halfTrue') expect(judged.thingsRight).toBe(judged.things - 1);
      expect(judged.right).toBe(webCaption.kind === 'right');
    }
  });

  it('come with questions that have one right answer', () => {
    for (const { questions, scene } of examples) {
      for (const { kind, question, answer } of questions)
        expect(answer, `${kind}: ${question}`).toBe(answerTo(question, scene));
    }
    const kinds = new Set(examples.flatMap((e) => e.questions.map((q) => q.kind)));
    expect([...kinds].sort()).toEqual(
      name === 'plain' ? ['color', 'exists', 'shape'] : ['color', 'count', 'exists', 'shape', 'size'],
    );
    const exists = examples.flatMap((e) => e.questions.filter((q) => q.kind === 'exists'));
    expect(exists.filter((q) => q.answer === 'yes').length * 2).toBe(exists.length);
  });
});

/** Answers from the scene alone; undefined where there is no one answer. */
function answerTo(question: string, { objects }: Scene): string | undefined {
  const about = (word: string) => {
    const fitting = objects.filter((o) => o.shape === word || o.color === word);
    return fitting.length === 1 ? fitting[0] : undefined;
  };
  const match =
    /^what (color|shape|size) is the (\w+)(?: object)?\?$/.exec(question) ??
    /^is there an? (\w+) (\w+)\?$/.exec(question) ??
    /^how many (\w+) objects are there\?$/.exec(question)!;
  const [, first, second] = match as unknown as [string, string, string | undefined];
  if (question.startsWith('what')) return about(second!)?.[first as 'color'];
  if (question.startsWith('how')) return String(objects.filter((o) => o.size === first).length);
  return objects.some((o) => o.color === first && o.shape === second) ? 'yes' : 'no';
}

describe('relations', () => {
  it('in canonical order are "above" and "left of", each half the time', () => {
    const captions = worlds.default.splits.train.flatMap((e) => e.captions);
    const above = captions.filter((caption) => caption.includes(' above ')).length;
    const left = captions.filter((caption) => caption.includes(' left of ')).length;
    expect(above + left).toBe(captions.length);
    expect(Math.abs(above / captions.length - 0.5)).toBeLessThan(0.02);
  });

  it('in random order are all four, each a quarter of the time', () => {
    const world = shapesWorld({ captions: { order: 'random' } });
    for (const words of ['above', 'below', 'left of', 'right of']) {
      expect(
        Math.abs(share(world.splits.train, (e) => e.captions[0].includes(` ${words} `)) - 0.25),
      ).toBeLessThan(0.02);
    }
  });

  it('leave no word free: any other relation between the two is false', () => {
    for (const { captions, scene } of worlds.default.splits.test) {
      const [a, said, b] = captions[0].split(/ (above|left of) /) as [string, string, string];
      for (const words of ['above', 'below', 'left of', 'right of']) {
        expect(isTrue(`${a} ${words} ${b}`, scene)).toBe(words === said);
        expect(judgeCaption(`${a} ${words} ${b}`, scene.objects).right).toBe(words === said);
      }
    }
  });

  it('admit four swaps of every caption of the default world, and of two sizes a fifth', () => {
    for (const { captions, swaps } of worlds.default.splits.train) {
      const isOfTwoSizes = captions[0].includes('small') && captions[0].includes('large');
      const size = isOfTwoSizes ? ['size'] : [];
      expect(Object.keys(swaps[0])).toEqual(['color', 'shape', ...size, 'order', 'axis']);
    }
  });
});

describe('judgeCaption', () => {
  const objects = [
    { color: 'red', shape: 'circle', size: 'small', row: 0, column: 0 },
    { color: 'orange', shape: 'square', size: 'large', row: 2, column: 1 },
    { color: 'blue', shape: 'star', size: 'large', row: 1, column: 3 },
  ] as const;

  it.each([
    ['a red circle above an orange square', true, 2, 1],
    ['a small red circle above an orange square and left of a blue star', true, 3, 2],
    ['a red circle, an orange square and a blue star', true, 3, 0],
    ['a red circle left of an orange square', false, 2, 0],
    ['a large red circle above an orange square', false, 1, 0],
    ['a blue star right of a red circle', true, 2, 1],
    ['a red circle above a red circle', false, 1, 0],
    ['a red circle and a red circle', false, 1, 0],
    ['a red square', false, 0, 0],
  ])('%s', (text, right, thingsRight, relationsRight) => {
    expect(judgeCaption(text, objects)).toMatchObject({ right, readable: true, thingsRight, relationsRight });
  });

  it.each(['', 'red circle', 'a red', 'a red circle above', 'a red circle a blue star', 'free clip art'])(
    'cannot read %j',
    (text) => expect(judgeCaption(text, objects)).toMatchObject({ right: false, readable: false }),
  );
});
