/** The models of test/fixtures/blip2.safetensors. */
import { configFromDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { Weights } from '../../packages/core/src/nn';
import { BLIP2 } from '../../packages/core/src/models';
import type { Stage2Batch } from '../../packages/core/src/losses';
import { Fixture } from './fixtures';

export const fixture = new Fixture('blip2');
export const configs = fixture.config<Record<'opt' | 't5', JsonObject>>();

export function loadBlip2(kind: 'opt' | 't5') {
  const config = BLIP2.readConfig(configFromDisk(configs[kind]));
  const model = BLIP2.build(config);
  const tensors = fixture.tensors(`${kind}.w.`);
  const w = new Weights(tensors);
  const input = (name: string) => fixture.tensor(`${kind}.in.${name}`);
  const target = { targetIds: input('target_ids'), targetMask: input('target_mask') };
  const image = model.vision.features(w, input('pixels'));
  const batches: Record<'prompt' | 'empty', Stage2Batch> = {
    prompt: { image, promptIds: input('prompt_ids'), promptMask: input('prompt_mask'), ...target },
    empty: { image, ...target },
  };
  return { config, model, tensors, w, batches };
}
