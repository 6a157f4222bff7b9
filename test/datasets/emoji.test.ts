// Emoji: what is said of each, how concepts are parted, and that questions do not give their answers away.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  conceptSplit,
  emojiCaptions,
  emojiClass,
  emojiPictures,
  emojiQuestions,
  emojiWebCaption,
  readEmojiSource,
  type EmojiConcept,
} from '../../datasets/src';
import { CONCEPTS, writeEmojiPackages } from '../support/emojiPackages';

const concept = (over: Partial<EmojiConcept> = {}): EmojiConcept => ({
  id: '1f405',
  label: 'tiger',
  tags: ['animal', 'big', 'cat', 'predator', 'zoo'],
  shortcodes: ['tiger'],
  subgroup: 'animal-mammal',
  ...over,
});

describe('what is said', () => {
  it('is the name, then the name with tags', () => {
    expect(emojiCaptions(concept())).toEqual([
      'tiger',
      'tiger, animal, big and cat',
      'tiger, predator and zoo',
    ]);
  });

  it('leaves out tags that the name has said, and punctuation', () => {
    const woman = concept({ label: 'woman: “curly” hair', tags: ['hair', 'woman', 'adult'] });
    expect(emojiCaptions(woman)).toEqual(['woman curly hair', 'woman curly hair, adult']);
  });

  it('is on the web a short code and tags', () => {
    expect(emojiWebCaption(concept({ shortcodes: ['big_cat'] }))).toBe('big cat animal big cat predator zoo');
  });
});

describe('questions', () => {
  const subgroups = ['animal-mammal', 'animal-bird', 'food-fruit', 'tool', 'drink', 'time', 'sport', 'arrow'];
  const concepts = Array.from({ length: 2000 }, (_, i) =>
    concept({ id: `${i}`, subgroup: subgroups[i % subgroups.length] }),
  );
  const all = emojiQuestions(concepts).flat();

  it('ask for the class of the group, and are left out where there is none', () => {
    expect(emojiClass(concept())).toBe('animal');
    expect(emojiClass(concept({ subgroup: 'person-symbol' }))).toBeUndefined();
    const mixed = [concept({ subgroup: 'person-symbol' }), concept(), concept({ subgroup: 'tool' })];
    expect(emojiQuestions(mixed)[0]).toEqual([]);
    expect(all.filter(({ kind }) => kind === 'what')).toHaveLength(concepts.length);
  });

  it('of yes or no are as often true as false, also of a frequent class', () => {
    const animals = all.filter(({ question }) => question === 'is it an animal?');
    const yes = animals.filter(({ answer }) => answer === 'yes').length / animals.length;
    expect(yes).toBeGreaterThan(0.4);
    expect(yes).toBeLessThan(0.6);
  });

  it('of two name the right one, first or last alike', () => {
    const either = all.filter(({ kind }) => kind === 'which');
    expect(either.every(({ question, answer }) => question.includes(answer))).toBe(true);
    const first = either.filter(({ question, answer }) =>
      new RegExp(`^is it (an? )?${answer}`).test(question),
    );
    expect(first.length / either.length).toBeCloseTo(0.5, 1);
  });
});

describe('splits', () => {
  const concepts = Array.from({ length: 300 }, (_, i) => concept({ id: `${i}`, label: `thing ${i}` }));

  it('part concepts, and keep the unseen artist out of training', () => {
    const pictures = emojiPictures(concepts);
    const ids = (split: string) =>
      new Set(pictures.filter((one) => one.split === split).map((one) => one.concept.id));
    const [train, test, style, both] = ['train', 'test', 'style', 'both'].map(ids);
    expect([...test].filter((id) => train.has(id))).toEqual([]);
    expect(style).toEqual(train);
    expect(both).toEqual(test);
    const artists = (split: string) =>
      new Set(pictures.filter((one) => one.split === split).map(({ artist }) => artist));
    expect(artists('train').has('noto')).toBe(false);
    expect(artists('style')).toEqual(new Set(['noto']));
  });

  it('keep the variants of a concept together', () => {
    const labels = ['woman judge', 'man judge', 'person judge', 'man judge: facing right'];
    expect(new Set(labels.map((label) => conceptSplit(concept({ label })))).size).toBe(1);
  });
});

it('reads packages as they are installed: skin tones and what an artist lacks are left out', () => {
  const source = readEmojiSource(writeEmojiPackages(mkdtempSync(join(tmpdir(), 'emoji-'))));
  expect(source.concepts).toHaveLength(CONCEPTS);
  expect(source.concepts[3]).toEqual({
    id: '1f403',
    label: 'Kind d thing 3',
    tags: ['thing', 'small', 'round', 'tag3'],
    shortcodes: ['thing_3'],
    subgroup: 'other-object',
  });
  const { svg, width } = source.drawing('noto', source.concepts[0]);
  expect(width).toBe(16);
  expect(svg).toMatch(/^<svg .*<circle .*<\/svg>$/);
});
