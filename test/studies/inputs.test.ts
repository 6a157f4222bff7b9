/** What makes results out of date. */
import { expect, test } from 'vitest';
import { inputsHash, STUDIES, type StudyInputs } from '../../packages/core/src/studies';
import { fake } from './fakes';

const hashWith = (inputs: Partial<StudyInputs>) => {
  const study = fake('one');
  return inputsHash({ ...study, inputs: { ...study.inputs, ...inputs } }, 'smoke');
};

test('other settings, other towers, another scale: another hash; the order of keys is none', () => {
  const hashes = [
    hashWith({}),
    hashWith({ settings: { a: { steps: 1, rate: 2 } } }),
    hashWith({ settings: { a: { steps: 3, rate: 2 } } }),
    hashWith({ towers: ['bert'] }),
    inputsHash(fake('one'), 'short'),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashWith({ settings: { a: { rate: 2, steps: 1 } } })).toBe(hashes[1]);
});

test('settings are data: what a function reads would not be hashed', () => {
  expect(() => hashWith({ settings: { rate: () => 1 } })).toThrow('rate is a function');
});

test.each(STUDIES)('$name names settings that can be hashed, and towers', (study) => {
  expect(inputsHash(study, 'full')).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(study.inputs.settings).length).toBeGreaterThan(0);
  expect(study.inputs.towers.length).toBeGreaterThan(0);
});
