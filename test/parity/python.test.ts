/** What is trained and written here, Python reads: the same captions, the same tensors. Left out without transformers. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { describe, expect, test } from 'vitest';
import { PytorchFile, writePytorch } from '../../packages/core/src/checkpoints';
import { loadLanguageModel } from '../../packages/core/src/data';
import { Blip2 } from '../../packages/core/src/inference';
import { saveBlip2, stage2 } from '../../packages/core/src/recipes';
import { train } from '../../packages/core/src/train';
import { randomTensors, stage1 } from '../checkpoints/lavisDicts';
import { randomEva, SMALL, smallShapes } from '../recipes/tower';
import { askPython, withoutPython } from '../support/python';

const root = mkdtempSync(join(tmpdir(), 'blip2-python-'));
const OPTIONS = [
  [
    { numBeams: 1, maxNewTokens: 12 },
    { num_beams: 1, max_new_tokens: 12 },
  ],
  [
    { numBeams: 5, maxNewTokens: 12, lengthPenalty: 1 },
    { num_beams: 5, max_new_tokens: 12 },
  ],
] as const;

if (withoutPython) console.warn(`left out: ${withoutPython}`);

describe.skipIf(withoutPython)('with Python', () => {
  test.each(['opt', 't5'])(
    'a BLIP-2 trained on Shapes, its ViT EVA’s, its language model %s, captions as here',
    async (kind) => {
      const data = smallShapes();
      const { projection: _, ...qformer } = SMALL.qformer;
      const language = loadLanguageModel(join(shapesDirectory, kind));
      const recipe = stage2({ ...SMALL, qformer, data, tower: randomEva(), language });
      const { model } = await train(recipe, {
        runsDir: root,
        progress: false,
        steps: 30,
        learningRate: 5e-3,
      });
      const dir = join(root, kind);
      saveBlip2(dir, model);
      const side = data.test.imageSize;
      const pictures = [0, 1, 2].map((i) => ({ width: side, height: side, data: data.test.pixels(i) }));
      const theirs = askPython<number[][][]>({
        captions: {
          dir,
          pictures: pictures.map((picture) => ({ ...picture, data: [...picture.data] })),
          options: OPTIONS.map(([, options]) => options),
        },
      });
      const loaded = await Blip2.load(dir);
      for (const [i, picture] of pictures.entries()) {
        for (const [n, [options]] of OPTIONS.entries()) {
          const { tokenIds, text } = await loaded.generate(picture, '', options);
          expect(tokenIds, text).toEqual(theirs[i][n]);
          expect(tokenIds.length).toBeGreaterThan(2);
        }
      }
      loaded.dispose();
    },
    300_000,
  );

  test('a checkpoint in LAVIS’s layout, loaded by torch.load without running anything', () => {
    const path = join(root, 'stage1.pth');
    writePytorch(path, randomTensors(stage1(22), 3));
    const file = new PytorchFile(path);
    const theirs = askPython<Record<string, [string, number[]]>>({ checkpoint: path });
    expect(Object.keys(theirs)).toEqual(file.names());
    for (const [name, [, shape]] of Object.entries(theirs)) expect(file.info(name).shape).toEqual(shape);
    const ids = 'Qformer.bert.embeddings.position_ids';
    expect(theirs[ids][0]).toBe('torch.int64');
  });
});
