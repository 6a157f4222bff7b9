/** LAVIS's checkpoints, with all their keys, into Hugging Face's layout and back, bit for bit. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  configToDisk,
  fromLavis,
  fromPretrained,
  PytorchFile,
  SafetensorsFile,
  toLavis,
  writePytorch,
  writeSafetensors,
  type FromLavisOptions,
  type JsonObject,
} from '../../packages/core/src/checkpoints';
import { FAMILIES } from '../../packages/core/src/checkpoints/lavisConfig';
import { OPT, T5 } from '../../packages/core/src/models';
import { clipVision, eva, openAiClip, randomTensors, stage1, stage2, type Shapes } from './lavisDicts';

const root = mkdtempSync(join(tmpdir(), 'blip2-lavis-'));

const opt = OPT.readConfig({
  ...{ vocabSize: 19, hiddenSize: 12, numHiddenLayers: 2, numAttentionHeads: 3, ffnDim: 20 },
  ...{ maxPositionEmbeddings: 9, eosTokenId: 5 },
});
const t5 = T5.readConfig({
  ...{ vocabSize: 19, dModel: 12, dKv: 5, dFf: 20, numLayers: 2, numHeads: 3 },
  ...{ feedForwardProj: 'gated-gelu', denseActFn: 'gelu', tieWordEmbeddings: false },
});
const shapesOf = (prefix: string, specs: Record<string, { shape: number[] }>): Shapes =>
  Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [prefix + name, shape]));
const optModel = {
  ...shapesOf('opt_model.', OPT.build(opt).parameters()),
  'opt_model.lm_head.weight': [19, 12],
};
const t5Model = {
  ...shapesOf('t5_model.', T5.build(t5).parameters()),
  't5_model.encoder.embed_tokens.weight': [19, 12],
  't5_model.decoder.embed_tokens.weight': [19, 12],
};

/** What shapes do not tell of a whole model. */
const described = (textConfig: object) => ({
  modelType: 'blip-2',
  visionConfig: {
    ...{ modelType: 'blip_2_vision_model', hiddenSize: 88, intermediateSize: 176, numHiddenLayers: 3 },
    ...{ numAttentionHeads: 4, imageSize: 12, patchSize: 4 },
  },
  qformerConfig: { hiddenSize: 64, intermediateSize: 72, numHiddenLayers: 4, numAttentionHeads: 4 },
  textConfig,
  numQueryTokens: 5,
  visionLayerNormEps: 1e-5,
});

interface Case {
  name: string;
  shapes: Shapes;
  config?: object;
  isUnderModel?: boolean;
  /** Begins what the folder lacks; whole otherwise. */
  lacks?: RegExp;
  beside: RegExp;
}

const HEAD = /^(temp|Qformer\.(cls\.predictions|bert\.embeddings\.position_ids))/;
const BUFFER = /^Qformer\.bert\.embeddings\.position_ids$/;
const CASES: Case[] = [
  {
    name: 'stage 1 as released, in front of ViT-g',
    shapes: stage1(1408),
    lacks: /^vision_model\.(emb|enc)/,
    beside: HEAD,
  },
  {
    name: 'stage 1 in front of ViT-L',
    shapes: stage1(1024),
    lacks: /^vision_model\.(emb|enc|pre)/,
    beside: HEAD,
  },
  { name: 'stage 1 fine-tuned, with ViT-g', shapes: { ...eva(88, 3), ...stage1(88) }, beside: HEAD },
  { name: 'stage 1 fine-tuned, with ViT-L', shapes: { ...clipVision(64, 2), ...stage1(64) }, beside: HEAD },
  {
    name: 'stage 2 with OPT',
    shapes: stage2(1408, 'opt', 2560),
    lacks: /^(vision|language)_model\./,
    beside: BUFFER,
  },
  {
    name: 'stage 2 with FlanT5',
    shapes: stage2(1408, 't5', 2048),
    lacks: /^(vision|language)_model\./,
    beside: BUFFER,
  },
  {
    name: 'the whole with OPT',
    shapes: { ...eva(88, 3), ...stage2(88, 'opt', 12), ...optModel },
    config: described(OPT.writeConfig(opt)),
    beside: BUFFER,
  },
  {
    name: 'the whole with T5',
    shapes: { ...eva(88, 3), ...stage2(88, 't5', 12), ...t5Model },
    config: described(T5.writeConfig(t5)),
    beside: BUFFER,
  },
  {
    name: 'eva_vit_g.pth',
    shapes: { ...eva(88, 4, ''), 'norm.weight': [88], 'norm.bias': [88], 'head.weight': [3, 88] },
    isUnderModel: false,
    beside: /^(blocks\.3\.|norm\.|head\.)/,
  },
  { name: 'clip_vit_L.pth', shapes: clipVision(64, 3, ''), isUnderModel: false, beside: /^$/ },
  { name: 'CLIP of OpenAI', shapes: openAiClip(64, 128), isUnderModel: false, beside: /^$/ },
];

const contents = (file: PytorchFile) =>
  file.names().map((name) => {
    const { dtype, shape } = file.info(name);
    return { name, dtype, shape, bytes: Buffer.from(file.bytes(name)).toString('base64') };
  });

function prepare({ name, shapes, config, isUnderModel }: Case, seed: number) {
  const path = join(root, `${name}.pth`);
  const tensors = randomTensors(shapes, seed);
  writePytorch(path, tensors, new Map(), [...tensors.keys()], isUnderModel);
  const options: FromLavisOptions = {};
  if (config) {
    options.config = join(root, `${name}.json`);
    writeFileSync(options.config, JSON.stringify(configToDisk(config as JsonObject)));
  }
  return { path, dir: join(root, name), options };
}

describe.each(CASES.map((one, seed) => [one.name, one, seed] as const))('%s', (_, one, seed) => {
  const { path, dir, options } = prepare(one, seed + 1);
  const result = fromLavis(path, dir, options);

  test('becomes a folder; what has no place there is kept beside', () => {
    for (const name of result.missing) expect(name).toMatch(one.lacks ?? /^$/);
    expect(result.missing.length > 0).toBe(one.lacks !== undefined);
    for (const name of result.beside) expect(name).toMatch(one.beside);
    const model = new SafetensorsFile(join(dir, 'model.safetensors'));
    expect(model.tensors.size).toBe(result.tensors);
    if (result.missing.length === 0) fromPretrained(dir, FAMILIES[result.kind]).dispose();
  });

  test('and comes back bit for bit, in its order', () => {
    const back = join(root, `${one.name}-back.pth`);
    expect(toLavis(dir, back)).toMatchObject({ kind: result.kind, dropped: [], keyBiases: [] });
    expect(contents(new PytorchFile(back))).toEqual(contents(new PytorchFile(path)));
  });
});

test('without the towers, as LAVIS saves what it trained', () => {
  const [one] = CASES.filter(({ name }) => name === 'the whole with OPT');
  const back = join(root, 'trained.pth');
  toLavis(join(root, one.name), back, { withoutTowers: true });
  expect(new PytorchFile(back).names().sort()).toEqual(Object.keys(stage2(88, 'opt', 12)).sort());
});

test('towers that a checkpoint was saved without are filled in', () => {
  const text = join(root, 'opt');
  const parts = randomTensors(shapesOf('', OPT.build(opt).parameters()), 5);
  const values = [...parts].map(([name, part]) => [
    name,
    { shape: part.shape, data: new Float32Array(part.bytes().slice().buffer) },
  ]);
  const dir = mkdtempSync(text);
  writeSafetensors(join(dir, 'model.safetensors'), Object.fromEntries(values) as never);
  writeFileSync(join(dir, 'config.json'), JSON.stringify(configToDisk(OPT.writeConfig(opt) as JsonObject)));
  const trained: Case = { name: 'trained alone', shapes: stage2(88, 'opt', 12), beside: BUFFER };
  const { path } = prepare(trained, 9);
  const to = join(root, 'filled');
  const result = fromLavis(path, to, { vision: join(root, 'eva_vit_g.pth.pth'), language: dir });
  expect(result.missing).toEqual([]);
  fromPretrained(to, FAMILIES.generation).dispose();
});

test('what is missing or unknown is said', () => {
  const other = { name: 'other', shapes: { 'a.weight': [2], 'b.weight': [3] }, beside: BUFFER };
  expect(() => fromLavis(prepare(other, 1).path, join(root, 'x'))).toThrow(
    /other\.pth is no checkpoint of LAVIS or CLIP: its tensors are a\.weight, b\.weight/,
  );
  const odd = { name: 'odd', shapes: stage2(70, 'opt', 2560), beside: BUFFER };
  expect(() => fromLavis(prepare(odd, 1).path, join(root, 'x'))).toThrow(/reads one of the width 70/);
  expect(() => toLavis(root, join(root, 'x.pth'))).toThrow(/holds no config\.json/);
});
