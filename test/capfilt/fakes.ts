/** A captioner and a ranker that are no models: what they say is known beforehand. */
import type { Captioner, Ranker } from '../../packages/core/src/capfilt';

/** Says what it is told, and counts how often it is asked. */
export function fakes() {
  const asked = { times: 0 };
  const captioner: Captioner = {
    imageSize: 8,
    hash: 'captioner',
    sample(pixels, { seed, samples }) {
      asked.times++;
      const count = pixels.length / (8 * 8 * 3);
      const texts = Array.from({ length: samples }, (_, k) => (k === 0 ? undefined : `drawn ${seed} ${k}`));
      return Promise.resolve(Array.from({ length: count }, () => texts));
    },
    dispose: () => undefined,
  };
  const ranker: Ranker = {
    imageSize: 4,
    hash: 'ranker',
    // The web's in the middle.
    scores: (_, texts) =>
      texts.map((list) => list.map((text) => (text.startsWith('a ') ? 0.5 : text.endsWith('2') ? 0.9 : 0.1))),
    dispose: () => undefined,
  };
  return { asked, towers: { captioner, ranker } };
}
