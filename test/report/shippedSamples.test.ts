/** What the shipped models say of test pictures is asked once. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shippedSamples } from '../../packages/core/src/report';

test('the shipped models are asked, and the next time their words are taken from the cache', async () => {
  const runsDir = mkdtempSync(join(tmpdir(), 'blip2-samples-'));
  const samples = await shippedSamples(runsDir);
  const authors = ['Shapes itself', 'BLIP-2 with OPT', 'BLIP-2 with FlanT5'];
  for (const { captions, answers, attention } of samples) {
    expect(captions.map(({ by }) => by)).toEqual(authors);
    expect(answers.length).toBeGreaterThan(0);
    expect(attention!.layers.length).toBeGreaterThan(0);
  }
  expect(samples.flatMap(({ captions }) => captions).filter(({ right }) => right).length).toBeGreaterThan(3);

  const [name] = readdirSync(join(runsDir, 'cache'));
  const file = join(runsDir, 'cache', name);
  const { text } = samples[0].captions[1];
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(text, 'as it was kept'));
  const again = await shippedSamples(runsDir);
  expect(again[0].captions[1].text).toBe('as it was kept');
  expect(again[3]).toEqual(samples[3]);
});
