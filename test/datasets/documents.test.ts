import { describe, expect, it } from 'vitest';
import { COLORS, drawDocument, SHAPES, type TextDocument, type Turn } from '../../datasets/src';

const draw = (count: number, options: Parameters<typeof drawDocument>[1] = {}) =>
  Array.from({ length: count }, (_, i) => drawDocument(i, options));

/** What a text names, read by pattern alone: [size, color, shape]. */
const named = (text: string): (string | undefined)[][] => {
  const thing = new RegExp(`(?:(small|large) )?(${COLORS.join('|')}) (${SHAPES.join('|')})`, 'g');
  return [...text.matchAll(thing)].map(([, size, color, shape]) => [size, color, shape]);
};

/** The answer that the context gives; undefined where it gives none. */
function answerTo({ prompt }: Turn, context: string): string | undefined {
  const things = named(context);
  const about = (word: string) => things.find((thing) => thing.includes(word)) ?? [];
  const [, asked, word] = /^what (color|shape|size) is the (\w+)(?: object)?\?$/.exec(prompt) ?? [];
  if (asked) return about(word)[['size', 'color', 'shape'].indexOf(asked)];
  const [, size] = /^how many (\w+) objects are there\?$/.exec(prompt) ?? [];
  if (size && things.some((thing) => thing[0] === undefined)) return undefined;
  if (size) return String(things.filter((thing) => thing[0] === size).length);
  const [, color, shape] = /^is there an? (\w+) (\w+)\?$/.exec(prompt)!;
  return things.some((thing) => thing[1] === color && thing[2] === shape) ? 'yes' : 'no';
}

const questionsOf = ({ context, turns }: TextDocument) =>
  turns.filter(({ kind }) => kind !== 'caption').map((turn) => ({ turn, context }));

describe('documents', () => {
  const documents = draw(3_000, { turns: 3 });

  it('answer each question by what their context says', () => {
    const questions = documents.flatMap(questionsOf);
    for (const { turn, context } of questions) {
      expect(turn.answer, `${context} | ${turn.prompt}`).toBe(answerTo(turn, context));
    }
    const kinds = new Set(questions.map(({ turn }) => turn.kind));
    expect([...kinds].sort()).toEqual(['color', 'count', 'exists', 'shape', 'size']);
  });

  it('have captions that say no more than the context', () => {
    const captions = documents.flatMap(({ context, turns }) =>
      turns.filter(({ kind }) => kind === 'caption').map((turn) => ({ ...turn, context })),
    );
    expect(captions.length).toBeGreaterThan(1_000);
    for (const { answer, context } of captions) {
      for (const [size, color, shape] of named(answer)) {
        const thing = named(context).find((other) => other[1] === color && other[2] === shape);
        expect(thing, `${context} | ${answer}`).toBeDefined();
        if (size) expect(thing![0]).toBe(size);
      }
      if (/above|below|left of|right of/.test(answer))
        expect(context).toMatch(/above|below|left of|right of/);
    }
  });

  it('turn a relation round with its objects', () => {
    const inverse = { above: 'below', below: 'above', 'left of': 'right of', 'right of': 'left of' };
    const relation = /^(.+) (above|below|left of|right of) (.+)$/;
    let turned = 0;
    for (const { context, turns } of draw(4_000, { objects: [2], captionProbability: 1 })) {
      for (const { answer } of turns) {
        const [said, told] = [relation.exec(answer), relation.exec(context)];
        if (!said) continue;
        const sameOrder = named(answer)[0][1] === named(context)[0][1];
        const words = told![2] as keyof typeof inverse;
        expect(said[2], `${context} | ${answer}`).toBe(sameOrder ? words : inverse[words]);
        turned += sameOrder ? 0 : 1;
      }
    }
    expect(turned).toBeGreaterThan(200);
  });

  it('ask nothing twice', () => {
    for (const { turns } of documents) {
      const asked = turns.filter(({ kind }) => kind !== 'caption').map(({ prompt }) => prompt);
      expect(new Set(asked).size).toBe(asked.length);
    }
  });

  it('are a function of their number and options', () => {
    expect(draw(20, { seed: 3 })).toEqual(draw(20, { seed: 3 }));
    expect(draw(20, { seed: 3 })).not.toEqual(draw(20, { seed: 4 }));
    expect(drawDocument(17, { seed: 3 })).toEqual(draw(20, { seed: 3 })[17]);
  });

  it('of different splits never describe the same colors and shapes', () => {
    const key = ({ context }: TextDocument) =>
      named(context)
        .map(([, color, shape]) => `${color} ${shape}`)
        .sort()
        .join();
    const [train, validation, test] = (['train', 'validation', 'test'] as const).map(
      (split) => new Set(draw(4_000, { split }).map(key)),
    );
    for (const held of [validation, test]) {
      expect([...held].filter((scene) => train.has(scene))).toEqual([]);
    }
    expect([...validation].filter((scene) => test.has(scene))).toEqual([]);
  });

  it('have as many objects as asked for, and facts where they are given', () => {
    for (const { context } of draw(200, { objects: [2] })) expect(named(context)).toHaveLength(2);
    const facts = ([first]: readonly { shape: string }[]) => [
      { question: `what is the ${first.shape} made of?`, answer: 'paper' },
    ];
    const turns = draw(200, { facts }).flatMap((document) => document.turns);
    const told = turns.filter(({ kind }) => kind === 'fact');
    expect(told.length).toBeGreaterThan(20);
    expect(told.every(({ answer }) => answer === 'paper')).toBe(true);
  });
});
