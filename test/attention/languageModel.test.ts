/** Where a language model looks in its prompt while it writes: OPT and T5 of the fixtures, random weights. */
import { describe, expect, test } from 'vitest';
import { configFromDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { OPT, T5, type LanguageTower, type Prompt } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { compile, tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';

const cases = [
  ['opt', OPT],
  ['t5', T5],
].flatMap(([file, family]) => {
  const fixture = new Fixture(file as string);
  const { configs } = fixture.config<{ configs: Record<string, JsonObject> }>();
  return Object.keys(configs).map((name) => {
    const build = family as typeof OPT;
    const tower: LanguageTower = build.build(build.readConfig(configFromDisk(configs[name])));
    return { name: `${file as string} ${name}`, fixture, key: name, tower };
  });
});

describe.each(cases)('$name', ({ fixture, key, tower }) => {
  const w = new Weights(fixture.tensors(`${key}.w.`));
  const prompt: Prompt = {
    embeddings: fixture.tensor(`${key}.in.embeddings`),
    mask: fixture.tensor(`${key}.in.mask`),
  };
  const target = fixture.tensor(`${key}.in.target`);
  const [batch, length] = target.shape as [number, number];
  const P = prompt.mask.shape[1]!;
  const all = tower.attentions(w, prompt, target).map((map) => tf.keep(map));
  const isDecoderOnly = tower.architecture === 'decoder-only';

  test('probabilities, of which padding has none', () => {
    for (const map of all) {
      expect(map.shape).toEqual([batch, map.shape[1], length, P]);
      const sums = tf.sum(map, 3).arraySync() as number[][][];
      for (const row of sums.flat(2)) expect(row).toBeLessThan(1 + 1e-5);
      // Before the first token there is nothing but the prompt; an encoder-decoder reads it alone.
      const whole = isDecoderOnly ? sums.flat().map(([first]) => first) : sums.flat(2);
      for (const row of whole) expect(row).toBeCloseTo(1, 5);
      const hidden = tf.sub(1, prompt.mask.toFloat()).reshape([batch, 1, 1, P]);
      expect(tf.max(map.mul(hidden)).dataSync()[0]).toBe(0);
    }
  });

  test.runIf(isDecoderOnly)('token by token: what was written, as part of the prompt', () => {
    for (let t = 1; t < length; t++) {
      const written = target.slice([0, 0], [batch, t]);
      const longer = {
        embeddings: tf.concat([prompt.embeddings, tower.embed(w, written)], 1),
        mask: tf.concat([prompt.mask, tf.ones([batch, t], 'int32')], 1),
      };
      const next = tower.attentions(w, longer, target.slice([0, t], [batch, 1])); // [B, H, 1, P + t]
      next.forEach((map, i) => {
        const onPrompt = map.slice([0, 0, 0, 0], [-1, -1, -1, P]);
        expect(onPrompt).toBeAllclose(all[i].slice([0, 0, t, 0], [-1, -1, 1, P]), { atol: 1e-5 });
      });
    }
  });

  test('what stands later in the target has no influence; compiled it is the same', () => {
    const later = tf.concat([target.slice([0, 0], [batch, 2]), tf.reverse(target, 1)], 1);
    const compiled = compile((ids: Tensor) => tower.attentions(w, prompt, ids));
    compiled(later).forEach((map, i) => {
      const first = (x: Tensor) => x.slice([0, 0, 0, 0], [-1, -1, 2, -1]);
      expect(first(map)).toBeAllclose(first(all[i]), { atol: 1e-5 });
    });
    compiled.dispose();
  });
});
