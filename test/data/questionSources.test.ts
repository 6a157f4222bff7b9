/** Questions to be trained on: VQAv2 and Visual Genome as they are published, and damaged. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSource, openSource, packShards, PictureLoader } from '../../packages/core/src/data';
import { writeCocoCaptions, writeMix, writeVgQuestions, writeVqav2 } from '../recipes/questionSets';
import { contents, faultsOf, put, temporaryDir } from './sourcesFixture';

test('VQAv2: a question at a time with all ten answers, train and val, pictures beside the set', async () => {
  const dir = temporaryDir();
  const train = await openSource(await writeVqav2(dir, 'train2014', 6));
  expect(train).toMatchObject({ name: 'vqav2', size: 6, asks: true });
  const { question, captions, id } = await train.read(1);
  expect({ question, id }).toEqual({ question: 'What color is the circle?', id: '1001' });
  expect(captions).toEqual([...Array<string>(7).fill('green'), ...Array<string>(3).fill('a square')]);
  expect(train.place(0).file).toBe(train.place(1).file);
  const val = await openSource(await writeVqav2(dir, 'val2014', 2));
  expect(Object.keys(await contents(val))).toEqual(['1000', '1001']);
  await expect(openSource(`vqav2?dir=${dir}&split=test`)).rejects.toMatchObject({
    message: 'vqav2 has no split test with answers',
    hint: 'There are train and val.',
    exitCode: 2,
  });
  await train.close();
});

test('VQAv2, damaged: what is broken is counted and named, the rest is there', async () => {
  const dir = temporaryDir();
  const specification = await writeVqav2(dir, 'train2014', 6);
  const path = join(dir, 'v2_mscoco_train2014_annotations.json');
  const { annotations } = JSON.parse(readFileSync(path, 'utf8')) as {
    annotations: { question_id: number; answers: unknown; more?: number }[];
  };
  annotations[0].answers = [];
  annotations[1].more = 1; // a field that nobody knows
  annotations[2].question_id = 7;
  annotations[3].answers = [{ answer: ' ' }];
  const text = JSON.stringify({ annotations }).replace('"question_id":1005', '"question_id":10O5');
  writeFileSync(path, text);
  const source = await openSource(specification);
  expect(faultsOf(source)).toEqual({
    'no annotation': 1,
    'an annotation of no question': 1,
    'no answer': 1,
    'not JSON': 1,
    'question without annotation': 3,
  });
  expect(source.faults.by['no answer'].examples).toEqual([`${path} entry 3, question_id 1003`]);
  expect(source.faults.by['no annotation'].examples).toEqual([`${path} entry 0: answers`]);
  expect(source.faults.by['not JSON'].examples).toEqual([`${path} entry 5`]);
  expect(Object.keys(await contents(source))).toEqual(['1001', '1004']);
  rmSync(join(dir, 'train2014'), { recursive: true });
  await expect(openSource(`${specification}&cache=${temporaryDir()}`)).rejects.toMatchObject({
    message: `${dir} has no folder train2014`,
    hint: expect.stringContaining('v2_OpenEnded_mscoco_train2014_questions.json') as string,
  });
});

test('Visual Genome: its own file and LAVIS’s; damaged entries and missing pictures are counted', async () => {
  const dir = temporaryDir();
  const source = await openSource(await writeVgQuestions(dir, 3));
  expect(source).toMatchObject({ name: 'vgqa', size: 6, asks: true });
  expect(await source.read(2)).toMatchObject({
    id: '10',
    question: 'What is small?',
    captions: ['A square.'],
  });
  expect(source.place(2).file).toBe(join(dir, 'VG_100K_2', '2.jpg'));
  await source.close();

  put(dir, 'question_answers.json', [
    { id: 1, qas: [{ qa_id: 1, question: 'Who?', answer: 'A man.' }, { qa_id: 2, question: 'Who?' }, null] },
    { id: 9, qas: [{ qa_id: 3, question: 'Who?', answer: 'A man.' }] },
    { regions: [] },
    null,
    'loose',
  ]);
  appendFileSync(join(dir, 'question_answers.json'), ' ');
  const damaged = await openSource(`vgqa?dir=${dir}`);
  expect(faultsOf(damaged)).toEqual({
    'no answer': 1,
    'no question': 1,
    'no such picture': 1,
    'no picture': 1,
    'no entry': 2,
  });
  expect(damaged.faults.by['no entry'].examples[0]).toBe(`${join(dir, 'question_answers.json')} entry 3`);
  expect(Object.keys(await contents(damaged))).toEqual(['1']);

  put(dir, 'lavis.json', [{ question: 'Who?', answer: 'A man.', image: 'VG_100K/1.jpg', dataset: 'vg' }]);
  const lavis = await openSource(`vgqa?dir=${dir}&annotations=${join(dir, 'lavis.json')}`);
  expect(await contents(lavis)).toEqual({ 0: ['A man.'] });
});

test('a mix: every row has its own question; answers come as often as they were given', async () => {
  const mix = writeMix([
    await writeVqav2(temporaryDir(), 'train2014', 8),
    await writeVgQuestions(temporaryDir(), 2),
  ]);
  const source = await openSource(mix);
  expect(source).toMatchObject({ size: 12, asks: true });
  const options = { batchSize: 6, seed: 0, imageSize: 16, augment: false, workers: 1, prefetch: 1 };
  const loader = new PictureLoader(source, options);
  const said: string[] = [];
  for (let step = 0; step < 40; step++) {
    const { questions, captions, indices } = await loader.batch(step);
    for (const [row, index] of indices.entries()) {
      const { question, captions: answers } = await source.read(index);
      expect(questions![row]).toBe(question);
      expect(answers).toContain(captions[row]); // with its marks: "10:35" is no answer without
      if (index < 8) said.push(captions[row]);
    }
  }
  await loader.dispose();
  const rare = said.filter((answer) => answer === 'a square').length / said.length;
  expect(rare).toBeGreaterThan(0.15); // three of ten people
  expect(rare).toBeLessThan(0.45);
  await source.close();
});

test('a mix of questions and captions is refused', async () => {
  const mix = writeMix([
    await writeVqav2(temporaryDir(), 'train2014', 2),
    await writeCocoCaptions(temporaryDir(), 2),
  ]);
  await expect(openSource(mix)).rejects.toMatchObject({
    message: 'a mix of questions (vqav2) and captions (coco)',
    exitCode: 2,
  });
});

test('checked by the number of questions; not to be packed', async () => {
  const source = await openSource(await writeVqav2(temporaryDir(), 'train2014', 4));
  const report = await checkSource(source, { samples: 1 });
  expect(report.differences).toEqual(['4 questions, where the manifest says 443,757']);
  await expect(packShards(source, { out: temporaryDir() })).rejects.toThrow('vqav2 is questions');
  await source.close();
});
