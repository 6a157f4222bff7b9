/** Evaluation on the public sets: what is written, what is skipped, what a killed one goes on with. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCaptionSet, openQuestionSet } from '../../../packages/core/src/data';
import {
  evaluateCaptionSet,
  evaluateQuestionSet,
  evaluateRetrievalSet,
  readCaptionFiles,
  captionMetrics,
  readVqaFiles,
  vqaAccuracy,
} from '../../../packages/core/src/evaluate';
import { Blip2, Blip2Retrieval } from '../../../packages/core/src/inference';
import { evaluateSet } from './evaluation';
import { writeModel } from './models';
import { writeCoco, writeFlickr30k, writeGqa, writeNocaps, writeVqa } from './sets';

const root = mkdtempSync(join(tmpdir(), 'blip2-published-'));
const fresh = () => mkdtempSync(join(root, 'x-'));
const model = { name: 'random' };
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const parsed = <T>(...path: string[]) => JSON.parse(read(...path)) as T;

describe('questions', async () => {
  const blip2 = await Blip2.load(writeModel('opt', join(root, 'opt')));

  test('VQAv2: the score is that of the official scorer on the submission', async () => {
    const dir = await writeVqa(fresh(), 5);
    const out = fresh();
    const { summary, records } = await evaluateQuestionSet(blip2, openQuestionSet(`vqav2?dir=${dir}`), {
      out,
      model,
    });
    const { questions } = readVqaFiles({
      predictions: join(out, 'submission.json'),
      annotations: join(dir, 'v2_mscoco_val2014_annotations.json'),
      questions: join(dir, 'v2_OpenEnded_mscoco_val2014_questions.json'),
    });
    expect(summary.rows[0]).toMatchObject({
      group: 'all',
      samples: 15,
      scores: { accuracy: vqaAccuracy(questions).accuracy.overall },
    });
    expect(summary).toMatchObject({ complete: true, pictures: 5, skipped: { count: 0 } });
    expect(records.map(({ question_id }) => question_id)).toContain(102001);
    expect(parsed(out, 'summary.json')).toEqual(JSON.parse(JSON.stringify(summary)));
  });

  test('OK-VQA: what is compared is the base form, the submission has what was said', async () => {
    const dir = await writeVqa(fresh(), 2, 'okvqa');
    const said = {
      imageSize: 64,
      answerAll: (_: unknown, questions: readonly string[]) => answers(questions),
    };
    const answers = (questions: readonly string[]) =>
      Promise.resolve(
        questions.map(() => ({ tokenIds: [], score: 0, finished: true, text: 'eating red squares' })),
      );
    const out = fresh();
    const { summary, records } = await evaluateQuestionSet(said, openQuestionSet(`okvqa?dir=${dir}`), {
      out,
      model,
    });
    expect(records[0]).toMatchObject({ prediction: 'eating red squares', compared: 'eat red square' });
    expect(parsed<{ answer: string }[]>(out, 'submission.json')[0].answer).toBe('eating red squares');
    expect(summary.notes).toContainEqual(expect.stringMatching(/into their base form/));
  });

  test('GQA: exact match, and the file of its server', async () => {
    const out = fresh();
    const set = openQuestionSet(`gqa?dir=${await writeGqa(fresh(), 3)}`);
    const { summary } = await evaluateQuestionSet(blip2, set, { out, model, generation: { numBeams: 1 } });
    expect(summary.rows.map(({ group, samples }) => [group, samples])).toEqual([
      ['all', 9],
      ['query', 9],
    ]);
    const submission = parsed<{ questionId: string; prediction: string }[]>(out, 'submission.json');
    expect(submission).toHaveLength(9);
    expect(Object.keys(submission[0])).toEqual(['questionId', 'prediction']);
  });

  test('a broken picture is skipped, counted and named; its questions are answered with nothing', async () => {
    const dir = await writeVqa(fresh(), 4);
    writeFileSync(join(dir, 'val2014', 'COCO_val2014_000000000101.jpg'), 'no picture');
    const out = fresh();
    const { summary } = await evaluateQuestionSet(blip2, openQuestionSet(`vqav2?dir=${dir}`), { out, model });
    expect(summary).toMatchObject({ pictures: 3, skipped: { count: 1, first: [{ image: 101 }] } });
    expect(summary.skipped.first[0].skipped).toMatch(/cannot be decoded/);
    const submission = parsed<{ question_id: number; answer: string }[]>(out, 'submission.json');
    expect(submission).toHaveLength(12);
    expect(submission.find(({ question_id }) => question_id === 101000)?.answer).toBe('');
  });

  test('not one picture that can be decoded: no scores, and no end in tears', async () => {
    const dir = await writeVqa(fresh(), 1);
    writeFileSync(join(dir, 'val2014', 'COCO_val2014_000000000100.jpg'), '');
    const { summary } = await evaluateQuestionSet(blip2, openQuestionSet(`vqav2?dir=${dir}`), {
      out: fresh(),
      model,
    });
    expect(summary).toMatchObject({ complete: true, pictures: 0, rows: [], skipped: { count: 1 } });
    const captions = openCaptionSet(`coco?dir=${await writeCoco(dir, 1)}`);
    writeFileSync(join(dir, 'val2014', 'COCO_val2014_000000000100.jpg'), '');
    const described = await evaluateCaptionSet(blip2, captions, { out: fresh(), model });
    expect(described.summary).toMatchObject({ complete: true, pictures: 0, rows: [], skipped: { count: 1 } });
  });

  test('a folder with results of another evaluation is not mixed with these', async () => {
    const [out, dir] = [fresh(), await writeVqa(fresh(), 2)];
    const set = openQuestionSet(`vqav2?dir=${dir}`);
    await evaluateQuestionSet(blip2, set, { out, model });
    await expect(evaluateQuestionSet(blip2, set, { out, model: { name: 'other' } })).rejects.toThrow(
      /results of another evaluation/,
    );
  });
});

test('NoCaps: scores of each domain are those of its pictures alone', async () => {
  const blip2 = await Blip2.load(writeModel('t5', join(root, 't5')));
  const dir = await writeNocaps(fresh(), 9);
  const out = fresh();
  const { summary, records } = await evaluateCaptionSet(blip2, openCaptionSet(`nocaps?dir=${dir}`), {
    out,
    model,
  });
  expect(summary.rows.map(({ group, samples }) => [group, samples])).toEqual([
    ['all', 9],
    ['in-domain', 3],
    ['near-domain', 3],
    ['out-domain', 3],
  ]);
  const files = {
    predictions: join(out, 'submission.json'),
    references: join(dir, 'nocaps_val_4500_captions.json'),
  };
  const { predictions, references } = readCaptionFiles(files);
  const { scores } = await captionMetrics(predictions, references);
  expect(summary.rows[0].scores.CIDEr).toBeCloseTo(100 * scores.CIDEr, 6);
  const near = records.filter(({ domain }) => domain === 'near-domain');
  const alone = await captionMetrics(
    near.map(({ caption }) => caption),
    near.map((record) => record.references),
  );
  expect(summary.rows[2].scores['BLEU-1']).toBeCloseTo(100 * alone.scores['BLEU-1'], 6);
  blip2.dispose();
});

test('captions: a broken picture is skipped, counted and named; it is not in the submission', async () => {
  const dir = await writeCoco(fresh(), 4);
  writeFileSync(join(dir, 'val2014', 'COCO_val2014_000000000102.jpg'), 'no picture');
  const said = {
    imageSize: 64,
    captionAll: (images: readonly unknown[]) =>
      Promise.resolve(images.map(() => ({ tokenIds: [], score: 0, finished: true, text: 'a red circle' }))),
  };
  const out = fresh();
  const { summary } = await evaluateCaptionSet(said, openCaptionSet(`coco?dir=${dir}`), { out, model });
  expect(summary).toMatchObject({ pictures: 3, skipped: { count: 1, first: [{ image: 102 }] } });
  expect(summary.skipped.first[0].skipped).toMatch(/cannot be decoded/);
  expect(summary.rows[0]).toMatchObject({ group: 'all', samples: 3 });
  const submission = parsed<{ image_id: number }[]>(out, 'submission.json');
  expect(submission.map(({ image_id }) => image_id)).toEqual([100, 101, 103]);
});

describe('retrieval', async () => {
  const retrieval = await Blip2Retrieval.load(writeModel('itm', join(root, 'itm')));
  const { scorer } = retrieval;

  test('features beyond what may be kept are computed again, with the same result', async () => {
    const set = openCaptionSet(`coco?dir=${await writeCoco(fresh(), 20)}`);
    const kept = await evaluateRetrievalSet(scorer, set, { out: fresh(), model, k: 6 });
    const out = fresh();
    const again = await evaluateRetrievalSet(scorer, set, { out, model, k: 6, featureBytes: 5000 });
    const scores = ({ summary }: typeof kept) =>
      summary.rows.map((row) => [row.group, row.samples, row.scores]);
    expect(scores(again)).toEqual(scores(kept));
    expect(kept.summary.rows.map(({ group }) => group)).toEqual([
      'image→text, ITC',
      'text→image, ITC',
      'image→text, ITM',
      'text→image, ITM',
    ]);
    expect(existsSync(join(out, 'features.f32'))).toBe(false);
    expect(read(out, 'results.jsonl').trim().split('\n')).toHaveLength(20);
  });

  test('a broken picture goes with its texts', async () => {
    const dir = await writeFlickr30k(fresh(), 5);
    writeFileSync(join(dir, 'flickr30k-images', '1002.jpg'), '');
    const set = openCaptionSet(`flickr30k?dir=${dir}`);
    const { summary } = await evaluateRetrievalSet(scorer, set, { out: fresh(), model });
    expect(summary).toMatchObject({ pictures: 4, skipped: { count: 1, first: [{ image: '1002' }] } });
    expect(summary.rows.map(({ samples }) => samples)).toEqual([4, 20, 4, 20]);
  });
});

/** Starts it; kills it once `lines` lines are there, if that is said. */
function run(args: string[], lines = Infinity): Promise<{ signal: NodeJS.Signals | null; errors: string }> {
  const script = join(import.meta.dirname, 'evaluateSet.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args]);
  let [seen, errors] = [0, ''];
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString().split('\n').length - 1;
    if (seen >= lines) child.kill('SIGKILL');
  });
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve) => child.on('close', (_, signal) => resolve({ signal, errors })));
}

test.each([
  ['questions', 'opt', 'vqav2', writeVqa, 70, 1],
  ['retrieval', 'itm', 'flickr30k', writeFlickr30k, 40, 6],
  ['caption', 'opt', 'nocaps', writeNocaps, 70, 1],
] as const)(
  '%s: kill -9 in the middle, started again: the same files',
  { timeout: 600_000 },
  async (kind, which, name, write, count, lines) => {
    const dir = await write(fresh(), count);
    const folder = writeModel(which, fresh());
    const [whole, killed] = [fresh(), fresh()];
    const set = `${name}?dir=${dir}`;
    await evaluateSet([kind, folder, set, whole]);
    expect((await run([kind, folder, set, killed], lines)).signal).toBe('SIGKILL');
    expect(existsSync(join(killed, 'summary.json'))).toBe(false);
    // As if it had died while a line was being written.
    const unfinished = join(killed, kind === 'retrieval' ? 'matched.jsonl' : 'results.jsonl');
    if (existsSync(unfinished)) writeFileSync(unfinished, '{"half', { flag: 'a' });
    expect(await run([kind, folder, set, killed])).toEqual({ signal: null, errors: '' });
    for (const file of [
      'results.jsonl',
      'summary.json',
      ...(kind === 'retrieval' ? [] : ['submission.json']),
    ]) {
      expect(read(killed, file)).toBe(read(whole, file));
    }
  },
);
