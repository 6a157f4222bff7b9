/**
 * Our answers to a question about a batch of pictures, for the harness to time: the protocol is that of bench/peers
 * (README there). The model is bench/models.ts's `blip2-opt-125m`.
 *
 * A step decodes, encodes and answers: `batch` pictures, `beams` beams, `newTokens` tokens each.
 */
import { modelFolder, readConfig, serve } from './serve';

interface AnsweringCase {
  model: string;
  question: string;
  batch: number;
  newTokens: number;
  beams: number;
}

async function main(): Promise<void> {
  const c = readConfig<AnsweringCase>();
  const { Blip2 } = await import('../../packages/core/src/inference');
  const { Tokenizer } = await import('../../packages/core/src/text');
  const { BLIP2 } = await import('../../packages/core/src/models');
  const { MODELS } = await import('../models');
  const { answerOperations } = await import('./operations');
  const folder = modelFolder(c.model);
  const model = await Blip2.load(folder);
  const side = 224;
  const pictures = Array.from({ length: c.batch }, (_, b) => ({
    ...{ width: side, height: side },
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919 + b) % 256),
  }));
  const questions = pictures.map(() => c.question);
  const options = { numBeams: c.beams, maxNewTokens: c.newTokens, minNewTokens: c.newTokens };
  const config = BLIP2.readConfig(MODELS[c.model]().config);
  const { mask } = Tokenizer.fromFolder(folder).encodeBatch([`Question: ${c.question} Answer:`], {
    maxLength: 64,
  });
  const question = mask.reduce((sum, real) => sum + real, 0);
  const operations = c.batch * answerOperations(BLIP2.build(config), config, { ...c, question });
  await serve(() => model.answerAll(pictures, questions, options), { operations });
}

void main();
