/** Captioner and ranker from folders: what is wrong with one is said. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCaptioner, loadRanker } from '../../packages/core/src/capfilt';
import { configToDisk, writeSafetensors } from '../../packages/core/src/checkpoints';
import { BLIP } from '../../packages/core/src/models';
import {
  captionerConfig,
  captionerFolder,
  captionerTensors,
  newFolder,
  rankerFolder,
  tokenizerDir,
} from './towers';

test('a folder that holds another model, or none', () => {
  const dir = rankerFolder();
  expect(() => loadCaptioner(dir, { tokenizerDir })).toThrow(`${dir} holds no BLIP captioner`);
  expect(() => loadRanker(captionerFolder(), { tokenizerDir })).toThrow('holds no CLIP');
  expect(() => loadRanker(newFolder('empty'), { tokenizerDir })).toThrow('holds no config.json');
});

test('a captioner without one of its tensors', () => {
  const dir = newFolder('captioner');
  const { 'text_decoder.bert.embeddings.LayerNorm.weight': _, ...tensors } = captionerTensors();
  writeSafetensors(join(dir, 'model.safetensors'), tensors);
  const config = configToDisk({ modelType: 'blip', ...BLIP.writeConfig(captionerConfig) });
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  expect(() => loadCaptioner(dir, { tokenizerDir })).toThrow('text_decoder.bert.embeddings.LayerNorm.weight');
});

test('a folder without a tokenizer, where nothing else says where it lies', () => {
  const dir = captionerFolder();
  expect(() => loadCaptioner(dir)).toThrow(dir);
});

test('how captions begin is part of what they depend on', () => {
  const dir = captionerFolder();
  const hashes = ['', 'a picture of '].map((prompt) => loadCaptioner(dir, { tokenizerDir, prompt }).hash);
  expect(new Set(hashes).size).toBe(2);
});
