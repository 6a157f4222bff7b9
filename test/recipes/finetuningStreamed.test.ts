/** Fine-tuning on pictures that are read as they are needed: small sets laid out as the public ones, small random towers. */
import { copyFileSync, cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import {
  captioning,
  openBlip2,
  openBlip2Retrieval,
  openRun,
  openStage1,
  openStage2,
  openTextHalf,
  retrieval,
  saveBlip2,
  sizeOfFinetuning,
  sizeOfRetrieval,
  stage1,
  stage2,
  streamed,
  vqa,
  type Stage1Model,
  type Stage2Model,
  type Start,
  type StreamedDataset,
} from '../../packages/core/src/recipes';
import { ParameterStore, tf } from '../../packages/core/src/runtime';
import { BLIP2_RETRIEVAL, blip2QformerParameters } from '../../packages/core/src/models';
import { savePretrained } from '../../packages/core/src/checkpoints';
import { Blip2 } from '../../packages/core/src/inference';
import { recordOf, train, type LogEntry, type Recipe, type Run } from '../../packages/core/src/train';
import '../support/allclose';
import { hostInputs } from '../support/hostInputs';
import { temporaryDir } from '../data/sourcesFixture';
import { randomOpt, randomT5 } from './language';
import { writeCocoCaptions, writeMix, writeVgQuestions, writeVqav2 } from './questionSets';
import { randomEvaDir, randomTowerDir, SMALL } from './tower';

const tokenizer = join(shapesDirectory, 'tokenizer');
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-finetuning-streamed-'));
const options = { runsDir, progress: false as const };
const LOOP = { steps: 3, batchSize: 4, learningRate: 1e-3, warmupSteps: 1 };
/** Towers are of 64 pixels and patches of 16. */
const LARGER = { imageSize: 96, ...LOOP };
const { projection: _, ...qformer } = SMALL.qformer;

const losses = (log: readonly LogEntry[]) => log.map(({ loss }) => loss);
const values = (parameters: ParameterStore) =>
  Object.fromEntries(Object.entries(parameters.snapshot()).map(([name, { data: own }]) => [name, own]));
const vector = (data: ArrayLike<number>) => ({ shape: [data.length], data: Float32Array.from(data) });
const prepared = <M>(recipe: Recipe<M>) =>
  recipe.prepare({ training: recipe.training, runsDir, note: () => undefined });
const open = (specification: string) => streamed(specification, { workers: 1, prefetch: 1 });

/** Of a stage 1 what a folder of the hub holds. */
function saveScoring({ config, parameters, tower }: Stage1Model): string {
  const scoring = temporaryDir();
  const { qformer: reads, imageTextHiddenSize, visionLayerNormEps } = config;
  const isScoring = (name: string) => name !== 'temp' && !name.startsWith('cls.');
  const scored = Object.entries(parameters.snapshot()).filter(([name]) => isScoring(name));
  savePretrained(
    scoring,
    BLIP2_RETRIEVAL,
    { vision: tower.config, qformer: reads, imageTextHiddenSize, visionLayerNormEps },
    { ...tower.tensors, ...Object.fromEntries(scored) },
  );
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(tokenizer, file), join(scoring, file));
  }
  return scoring;
}

let coco: StreamedDataset;
let questions: StreamedDataset;
beforeAll(async () => {
  coco = await open(await writeCocoCaptions(temporaryDir(), 12));
  const dir = temporaryDir();
  questions = await open(
    writeMix([
      await writeVqav2(dir, 'train2014', 8),
      await writeVqav2(dir, 'val2014', 4),
      await writeVgQuestions(temporaryDir(), 3),
    ]),
  );
});

describe.each([
  ['OPT behind a CLIP', randomOpt({ maxPositionEmbeddings: 96 }), randomTowerDir()],
  ['T5 behind an EVA', randomT5(), randomEvaDir()],
])('%s', { timeout: 900_000 }, (_name, language, tower) => {
  let before: Run<Stage1Model>;
  let from: Run<Stage2Model>;

  beforeAll(async () => {
    const pictures = { data: coco, tower, towerType: 'float16' as const, maxTextLength: 16 };
    before = await train(stage1({ ...SMALL, ...pictures, tokenizer, steps: 2 }), options);
    const behind = { language: language.dir, languageType: 'float16' as const };
    from = await train(
      stage2({ ...SMALL, ...pictures, ...behind, qformer, from: before, steps: 2 }),
      options,
    );
  }, 900_000);

  const kinds: Record<string, () => Recipe<{ parameters: ParameterStore }>> = {
    caption: () => captioning({ data: coco, from, ...LARGER, recompute: true }),
    vqa: () => vqa({ data: questions, from, stage1: before, ...LARGER, precision: 'bf16' }),
    retrieval: () => retrieval({ data: coco, from: before, ...LARGER, layerDecay: 0.5 }),
  };
  /** Of the run of a kind that was not interrupted. */
  const folderOf = (kind: string) => join(runsDir, `${kind}-${language.hash}`);

  test.each(Object.keys(kinds))(
    '%s: three steps move the encoder; stopped and resumed it is the same; no tensor is left behind',
    async (kind) => {
      const started = values((await prepared(kinds[kind]())).parameters);
      const tensors: number[] = [];
      const count = () => void tensors.push(tf.memory().numTensors);
      const whole = await train(kinds[kind](), { ...options, out: folderOf(kind), onStep: count });
      expect(tensors[2]).toBe(tensors[1]);
      expect(losses(whole.log).every(Number.isFinite)).toBe(true);
      const ended = values(whole.model.parameters);
      for (const part of ['vision_model.embeddings.patch_embedding.weight', 'query_tokens']) {
        expect(ended[part]).not.toEqual(started[part]);
      }
      const positions = Object.keys(ended).find((name) => name.includes('position_embedding'))!;
      expect(started[positions]).toHaveLength(37 * 16); // (96 / 16)² + 1 tokens
      const stop = new AbortController();
      const out = `${folderOf(kind)}-parted`;
      const onStep = ({ step }: LogEntry) => void (step === 1 && stop.abort());
      const first = await train(kinds[kind](), { ...options, out, signal: stop.signal, onStep });
      expect(first.interrupted).toBe(true);
      const second = await train(kinds[kind](), { ...options, out, resume: true });
      expect(losses(second.log)).toEqual(losses(whole.log));
      expect(values(second.model.parameters)).toEqual(ended);
    },
  );

  test('a caption follows the prompt; the crops are of the size asked for', async () => {
    const task = await prepared(captioning({ data: coco, from, ...LARGER }));
    const { pixels, promptIds, targetIds, targetMask } = await hostInputs(task);
    expect(pixels.shape).toEqual([4, 96, 96, 3]);
    const { tokenizer: own, tower: writer } = language;
    expect(own.decode([...promptIds.data].slice(0, promptIds.shape[1])).trim()).toBe('a photo of');
    const real = [...targetIds.data].slice(0, targetIds.shape[1]).filter((_id, i) => targetMask.data[i]);
    expect(real.at(-1)).toBe(writer.tokens.eos);
    expect(own.decode(real).trim()).toMatch(/^a (red|green|blue|yellow) circle and a square$/);
    await task.dispose?.();
  });

  test('a question stands beside the queries and before its answer', async () => {
    const task = await prepared(vqa({ data: questions, from, stage1: before, ...LARGER }));
    const inputs = await hostInputs(task);
    for (let row = 0; row < LOOP.batchSize; row++) {
      const idsOf = (name: string) => {
        const { shape, data } = inputs[name];
        return [...data].slice(row * shape[1], (row + 1) * shape[1]);
      };
      const [, question] = /^question: (.*\?) answer:$/i.exec(
        language.tokenizer.decode(idsOf('promptIds')).trim(),
      )!;
      const beside = before.model.tokenizer.decode(idsOf('questionIds'));
      const known = before.model.tokenizer.decode(before.model.tokenizer.encode(question));
      expect({ row, beside: beside.trim() }).toEqual({ row, beside: known.trim() });
    }
    await task.dispose?.();
  });

  test('the folder is opened again, asked, and saved with its own size', async () => {
    const asked = { numBeams: 1, maxNewTokens: 5 };
    const image = { width: 30, height: 20, data: Uint8Array.from({ length: 1800 }, (_v, i) => i % 256) };
    const model = await openBlip2(folderOf('caption'));
    expect(model.imageSize).toBe(96);
    const { text } = await model.caption(image, asked);
    const dir = temporaryDir();
    saveBlip2(dir, openRun(folderOf('caption'), { stages: ['caption'] }).model);
    const saved = await Blip2.load(dir);
    expect(saved.imageSize).toBe(96);
    expect((await saved.caption(image, asked)).text).toBe(text);
  });

  test('a run for retrieval scores pairs from its folder', async () => {
    const model = await openBlip2Retrieval(folderOf('retrieval'));
    expect(model.parts.processor.size).toBe(96);
    const image = { width: 30, height: 20, data: new Uint8Array(1800) };
    const { itc } = await model.score([image], ['a red circle']);
    expect(Number.isFinite(itc[0][0])).toBe(true);
  });

  test('what was opened, asked and given back leaves nothing in memory', async () => {
    const image = { width: 30, height: 20, data: new Uint8Array(1800) };
    const use = async () => {
      const writing = await openBlip2(folderOf('caption'));
      await writing.caption(image, { numBeams: 1, maxNewTokens: 3 });
      writing.dispose();
      const scoring = await openBlip2Retrieval(folderOf('retrieval'));
      await scoring.score([image], ['a red circle']);
      scoring.dispose();
      const task = await prepared(captioning({ data: coco, from, ...LARGER }));
      task.model.dispose();
      task.parameters.dispose();
      await task.dispose?.();
    };
    await use();
    const before = tf.memory().numTensors;
    await use();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('from model folders it begins as from the runs that were saved there, and is opened again', async () => {
    const folder = temporaryDir();
    saveBlip2(folder, from.model);
    const scoring = saveScoring(before.model);
    const begun = openStage2(folder);
    const half = openTextHalf(scoring, begun.model.parts.tower);
    const moved = temporaryDir();
    cpSync(folder, moved, { recursive: true });
    const begunWith = (start: Start<Stage2Model>) =>
      recordOf(vqa({ data: questions, from: start, stage1: half, ...LARGER })).hash;
    expect(begunWith(openStage2(moved))).toBe(begunWith(begun));
    expect(begun.model.parts.language.config).toEqual(from.model.parts.language.config);
    const task = await prepared(vqa({ data: questions, from: begun, stage1: half, ...LARGER }));
    const started = values((await prepared(kinds.vqa())).parameters);
    const own = values(task.parameters);
    expect(Object.keys(own).sort()).toEqual(Object.keys(started).sort());
    for (const [name, value] of Object.entries(own)) {
      expect({ name, ...vector(value) }).toMatchObject({ name, shape: [started[name].length] });
      expect(vector(value)).toBeAllclose(vector(started[name]), { atol: 1e-3, rtol: 1e-2 }); // the run's tower is of 16 bit
    }
    await task.dispose?.();
    const recipe = vqa({ data: questions, from: begun, stage1: half, ...LARGER, steps: 1 });
    const run = await train(recipe, { ...options, out: join(runsDir, `published-${language.hash}`) });
    const again = openRun(run.dir, { stages: ['vqa'] });
    expect(again.model.parts.language.hash).toBe(begun.model.parts.language.hash);
    expect(values(again.model.parameters)).toEqual(values(run.model.parameters));
  });

  test('from a model folder retrieval begins as from the run, temperature and ITG’s head anew', async () => {
    const scoring = saveScoring(before.model);
    const whole = openStage1(scoring);
    const [own, ofRun] = [values(whole.model.parameters), values(before.model.parameters)];
    expect(Object.keys(own).sort()).toEqual(Object.keys(ofRun).sort());
    const differ = Object.keys(own).filter((name) => own[name].some((v, i) => v !== ofRun[name][i]));
    expect(differ.filter((name) => !/^(temp$|cls\.)/.test(name))).toEqual([]);
    expect(own.temp[0]).toBeCloseTo(0.07);
    const anew = ParameterStore.create(blip2QformerParameters(whole.model.config), 0);
    expect(whole.model.parameters.names()).toEqual(anew.names());
    for (const name of differ) expect({ name, own: own[name] }).toEqual({ name, own: values(anew)[name] });
    const recipe = retrieval({ data: coco, from: whole, ...LARGER, steps: 1 });
    const run = await train(recipe, { ...options, out: join(runsDir, `folder-${language.hash}`) });
    const again = openRun(run.dir, { stages: ['retrieval'] });
    expect(values(again.model.parameters)).toEqual(values(run.model.parameters));
    expect(recordOf(retrieval({ data: coco, from: openStage1(scoring), ...LARGER, steps: 1 })).hash).toBe(
      run.recipe.hash,
    );
  });

  test('a dry run counts what is trained', async () => {
    const sizes = {
      caption: sizeOfFinetuning({ data: coco, from, imageSize: 96 }),
      vqa: sizeOfFinetuning({ data: questions, from, stage1: before, imageSize: 96 }),
      retrieval: sizeOfRetrieval({ data: coco, from: before, imageSize: 96 }),
    };
    for (const [kind, { trainable, parts }] of Object.entries(sizes)) {
      const task = await prepared(kinds[kind]());
      const counted = Object.values(values(task.parameters)).reduce((sum, { length }) => sum + length, 0);
      expect({ kind, trainable }).toEqual({ kind, trainable: counted });
      if (parts[2]) expect(parts[2].storage).toBe('float16');
      await task.dispose?.();
    }
  });

  test('before the first step, larger pictures are seen as through interpolated positions', async () => {
    const { model, parameters } = await prepared(captioning({ data: coco, from, ...LARGER }));
    const own = values(parameters);
    const name = Object.keys(own).find((key) => key.includes('position_embedding'))!;
    const old = from.model.parts.tower.model.parameters()[name].shape.at(-2);
    expect([old, own[name].length / 16]).toEqual([17, 37]);
    const pixels = tf.randomUniform([2, 96, 96, 3], 0, 1, 'float32', 7);
    const seen = model.parts.tower.encode(pixels);
    const stretched = from.model.parts.tower.encode(pixels);
    expect(vector(seen.dataSync())).toBeAllclose(vector(stretched.dataSync()), { atol: 1e-5 });
  });
});

test('questions are no captions, captions no questions', async () => {
  const from = { model: {} } as never;
  expect(() => captioning({ data: questions, from, ...LOOP })).toThrow('these are questions');
  expect(() => retrieval({ data: questions, from, ...LOOP })).toThrow();
  expect(() => vqa({ data: coco, from, ...LOOP })).toThrow('coco: there are no questions');
});
