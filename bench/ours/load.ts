/**
 * Loading a BLIP-2 from a folder, for the harness to time: the protocol is that of bench/peers (README there). The folder
 * is the one in BLIP2_BENCH_FOLDER. Weights are mapped: their pages are read when they are first used, which the case
 * start-caption has in it.
 */
import { serve } from './serve';

async function main(): Promise<void> {
  const { Blip2 } = await import('../../packages/core/src/inference');
  await serve(async () => (await Blip2.load(process.env.BLIP2_BENCH_FOLDER!)).dispose());
}

void main();
