/** CapFilt from folders of models to a folder of captions. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromPretrained } from '../../packages/core/src/checkpoints';
import { capfilt, readCaptions, withWebCaptions } from '../../packages/core/src/capfilt';
import { shapes, stackPixels } from '../../packages/core/src/data';
import { normalise } from '../../packages/core/src/image';
import { CLIP } from '../../packages/core/src/models';
import { FolderInUse, LOCK, lockFolder } from '../../packages/core/src/train';
import { tf } from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import { captionerFolder, newFolder, randomCaptioner, randomRanker, rankerFolder, tokenizer } from './towers';

const captioner = randomCaptioner();
const ranker = randomRanker();
const data = shapes({ train: 10, validation: 1, test: 1 });
const options = { data, captioner, ranker, samples: 4, batchSize: 4, maxNewTokens: 8, distinct: false };
const undisturbed = await capfilt({ ...options, out: join(newFolder('capfilt'), 'out') });
const lines = readFileSync(undisturbed.file, 'utf8').split(/(?<=\n)/);

/** The undisturbed run, of which only the beginning of captions.jsonl was written. */
function stopped(text: string): string {
  const dir = join(newFolder('stopped'), 'out');
  mkdirSync(dir);
  copyFileSync(join(undisturbed.dir, 'recipe.json'), join(dir, 'recipe.json'));
  writeFileSync(join(dir, 'captions.jsonl'), text);
  return dir;
}

describe('capfilt', () => {
  test('a line per picture in their order, the best of the web’s caption and the samples', () => {
    const records = readCaptions(undisturbed.file);
    expect(records.map(({ id }) => id)).toEqual(data.world.splits.train.map(({ id }) => id));
    for (const { captions, scores, ranked, broken } of records) {
      expect(captions).toHaveLength(scores!.length);
      expect(scores).toEqual([...scores!].sort((a, b) => b - a));
      expect(captions).toHaveLength(Math.min(2, ranked!));
      expect(ranked! + broken!).toBe(5);
    }
    const web = withWebCaptions(data).train;
    const byWeb = records.map(
      ({ captions, webRank }, i) => webRank! <= 2 && captions.includes(web.captions(i)[0]),
    );
    expect(byWeb.filter(Boolean)).toHaveLength(undisturbed.summary.webKept);
  });

  test('the summary counts what the lines say', () => {
    const records = readCaptions(undisturbed.file);
    const written = JSON.parse(readFileSync(join(undisturbed.dir, 'summary.json'), 'utf8')) as unknown;
    expect(written).toEqual(undisturbed.summary);
    expect(undisturbed.summary).toMatchObject({
      pictures: 10,
      captions: records.flatMap(({ captions }) => captions).length,
      broken: records.reduce((sum, { broken }) => sum + broken!, 0),
    });
    expect(undisturbed.summary.broken).toBeGreaterThan(0);
    expect(undisturbed.summary.broken).toBeLessThan(40);
  });

  test('the same again; with another seed others', async () => {
    const [again, other] = [
      await capfilt({ ...options, out: newFolder('again') }),
      await capfilt({ ...options, seed: 1, out: newFolder('other') }),
    ];
    expect(readFileSync(again.file, 'utf8')).toBe(lines.join(''));
    expect(again.hash).toBe(undisturbed.hash);
    expect(readFileSync(other.file, 'utf8')).not.toBe(lines.join(''));
    expect(other.hash).not.toBe(undisturbed.hash);
  });

  test('a picture’s captions do not depend on how many there are', async () => {
    const fewer = shapes({ train: 6, validation: 1, test: 1 });
    const { file } = await capfilt({ ...options, data: fewer, out: newFolder('fewer') });
    expect(readFileSync(file, 'utf8')).toBe(lines.slice(0, 6).join(''));
  });

  test.each([
    ['between batches', lines.slice(0, 4).join('')],
    ['between lines', lines.slice(0, 6).join('')],
    ['in a line', lines.slice(0, 6).join('') + lines[6].slice(0, 20)],
    ['before anything', ''],
    ['before the summary', lines.join('')],
  ])('stopped %s it goes on as if nothing had happened', async (_where, text) => {
    const dir = stopped(text);
    const resumed = await capfilt({ ...options, out: dir, resume: true });
    expect(readFileSync(resumed.file, 'utf8')).toBe(lines.join(''));
    expect(resumed.summary).toEqual(undisturbed.summary);
    expect(existsSync(join(dir, LOCK))).toBe(false);
  });

  test('a signal ends it between two batches; what is written stays', async () => {
    const out = newFolder('aborted');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const aborted = capfilt({ ...options, out, signal: controller.signal, onProgress });
    await expect(aborted).rejects.toThrow('enough');
    expect(readFileSync(join(out, 'captions.jsonl'), 'utf8')).toBe(lines.slice(0, 4).join(''));
    const { file } = await capfilt({ ...options, out, resume: true });
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });

  test('captions that read alike are kept once, unless told otherwise', async () => {
    const { distinct: _, ...usual } = options;
    const { file } = await capfilt({ ...usual, out: newFolder('distinct') });
    for (const { captions } of readCaptions(file)) expect(new Set(captions).size).toBe(captions.length);
  });

  test('a default folder is named by what decides the captions; a finished one is taken as it is', async () => {
    const runsDir = newFolder('runs');
    const first = await capfilt({ ...options, runsDir });
    expect(first.dir).toBe(join(runsDir, `capfilt-${first.hash.slice(0, 8)}`));
    let batches = 0;
    const again = await capfilt({ ...options, runsDir, onProgress: () => batches++ });
    expect(again).toEqual(first);
    expect(batches).toBe(0);
  });

  test('tells how far it is', async () => {
    const seen: [number, number][] = [];
    await capfilt({ ...options, out: newFolder('told'), onProgress: (p) => seen.push([p.done, p.total]) });
    expect(seen).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ]);
  });

  test('models given as folders leave no tensor behind', async () => {
    const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
    const folders = { captioner: captionerFolder(), ranker: rankerFolder() };
    const before = held();
    const { file } = await capfilt({ ...options, ...folders, out: newFolder('folders') });
    expect(held()).toEqual(before);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });
});

describe('the ranker', () => {
  test('scores are cosines of CLIP’s vectors, whatever else is ranked beside', () => {
    const { model, weights } = fromPretrained(rankerFolder(), CLIP);
    const cosine = (index: number, text: string): number => {
      const pixels = tf.tensor4d(normalise(stackPixels(data.train, [index])), [1, 64, 64, 3]);
      const ids = tf.tensor2d([tokenizer.encode(text)], undefined, 'int32');
      return tf.sum(tf.mul(model.image(weights, pixels), model.text(weights, ids))).dataSync()[0];
    };
    const texts = [
      ['a red circle', 'my new wallpaper', 'a red circle'],
      ['a blue square above a red circle'],
      [],
    ];
    const found = ranker.scores(normalise(stackPixels(data.train, [0, 1, 2])), texts);
    const expected = texts.map((list, i) => list.map((text) => cosine(i, text)));
    expected.forEach((list, i) => list.forEach((score, j) => expect(found[i][j]).toBeCloseTo(score, 5)));
    expect(found.map(({ length }) => length)).toEqual([3, 1, 0]);
    expect(new Set(found.flat().map((score) => score.toFixed(4))).size).toBe(3);
  });
});

describe('what goes wrong', () => {
  test('an option out of range, or unknown', async () => {
    await expect(capfilt({ ...options, keep: 0 })).rejects.toThrow(/CapFilt: keep/);
    await expect(capfilt({ ...options, beams: 2 } as never)).rejects.toThrow(/unknown option beams/);
  });

  test('a folder that holds something else, or already these captions', async () => {
    const other = newFolder('other');
    writeFileSync(join(other, 'notes.txt'), '');
    await expect(capfilt({ ...options, out: other })).rejects.toThrow(/is not empty and holds no captions/);
    const out = undisturbed.dir;
    await expect(capfilt({ ...options, out })).rejects.toThrow(/already holds these captions/);
    await expect(capfilt({ ...options, out, resume: true, seed: 5 })).rejects.toThrow(/holds something else/);
  });

  test('a line that is no record, by its number; a line of another picture', async () => {
    const broken = stopped(`${lines[0]}${lines[1]}not json\n${lines[3]}`);
    await expect(capfilt({ ...options, out: broken, resume: true })).rejects.toThrow(/line 3 is not JSON/);
    const wrong = stopped(lines[0] + lines[2]);
    await expect(capfilt({ ...options, out: wrong, resume: true })).rejects.toThrow(
      /line 2 is of train-00002, where train-00001 belongs/,
    );
    expect(existsSync(join(wrong, LOCK))).toBe(false);
  });

  test('a folder that is being written to', async () => {
    const out = newFolder('locked');
    const unlock = lockFolder(out);
    await expect(capfilt({ ...options, out })).rejects.toThrow(FolderInUse);
    unlock();
  });
});
