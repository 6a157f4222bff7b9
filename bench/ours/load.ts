/**
 * Loading a BLIP-2 from a folder, for the harness to time: the protocol is that of bench/peers (README there). The model
 * is bench/models.ts's `blip2-opt-125m`. Weights are mapped: their pages are read when they are first used, which the case
 * start-caption has in it.
 */
import { modelFolder, readConfig, serve } from './serve';

async function main(): Promise<void> {
  const { Blip2 } = await import('../../packages/core/src/inference');
  const folder = modelFolder(readConfig<{ model: string }>().model);
  await serve(async () => (await Blip2.load(folder)).dispose());
}

void main();
