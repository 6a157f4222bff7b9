/** A language model family added from outside (docs/language-models.md): Llama, against transformers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configFromDisk, configToDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { decoderOnlyParity, decoderCase } from '../support/decoderOnly';
import { Fixture } from '../support/fixtures';
import { LLAMA } from './llama';

const fixture = new Fixture('llama');
const configs = fixture.config<Record<string, JsonObject>>();

const load = (name: string) => {
  const config = LLAMA.readConfig(configFromDisk(configs[name]));
  return { config, tower: LLAMA.build(config), ...decoderCase(fixture, name) };
};

describe.each(Object.keys(configs))('%s', (name) => {
  decoderOnlyParity(fixture, name, load(name).tower);

  test('its config.json comes back', () => {
    const { config } = load(name);
    const written = configToDisk(LLAMA.writeConfig(config) as JsonObject);
    expect(LLAMA.readConfig(configFromDisk(written))).toEqual(config);
  });
});

test('stretched positions are refused', () => {
  const stretched = { ropeParameters: { ropeType: 'llama3', ropeTheta: 5e5 } };
  expect(() => LLAMA.readConfig(stretched)).toThrow('rope_parameters.rope_type');
  expect(() => LLAMA.readConfig({ ropeScaling: { ropeType: 'llama3' } })).toThrow('rope_scaling');
});

test('under 150 lines, from nothing but the library', () => {
  const source = readFileSync(join(import.meta.dirname, 'llama.ts'), 'utf8');
  expect(source.split('\n').length).toBeLessThan(150);
  const imports = [...source.matchAll(/from '(.+)'/g)].map(([, from]) => from);
  expect(imports).toEqual(['zod', '@blip2/core']);
});
