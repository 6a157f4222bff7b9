/**
 * Our CapFilt, for the harness to time: the protocol is that of bench/peers (README there). The models are
 * bench/models.ts's `blip-base` and `clip-b`.
 *
 * A step draws `samples` captions of each of `batch` pictures by nucleus sampling, and ranks `samples` + 1 texts of each.
 * Random weights write no text that could be ranked: the texts are given.
 */
import { modelFolder, readConfig, serve } from './serve';

interface CapFiltCase {
  model: [captioner: string, ranker: string];
  batch: number;
  samples: number;
  newTokens: number;
  text: string;
}

async function main(): Promise<void> {
  const { model, batch, samples, newTokens, text } = readConfig<CapFiltCase>();
  const { loadCaptioner, loadRanker } = await import('../../packages/core/src/capfilt');
  const [captioner, ranker] = [loadCaptioner(modelFolder(model[0])), loadRanker(modelFolder(model[1]))];
  const side = 224;
  const pixels = Float32Array.from(
    { length: batch * side * side * 3 },
    (_, i) => ((i * 7919) % 256) / 128 - 1,
  );
  const texts = Array.from({ length: batch }, (_, b) =>
    Array.from(
      { length: samples + 1 },
      (_, s) => `${text} ${'abcdefghijklmnop'[b]} ${'abcdefghijklmnop'[s]}`,
    ),
  );
  let seed = 0;
  await serve(async () => {
    await captioner.sample(pixels, { samples, topP: 0.9, maxNewTokens: newTokens, seed: seed++ });
    ranker.scores(pixels, texts);
  });
}

void main();
