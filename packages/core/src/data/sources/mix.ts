/** Several sources as one: `mix.json`, {"sources": [{"data": SPEC, "weight": 1}]}. */
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { readJsonObject } from '../../checkpoints';
import { FaultList } from './faults';
import { firstAbove } from './shards';
import type { PictureSource } from './source';

const source = z.strictObject({ data: z.string().min(1), weight: z.number().positive().optional() });
/** The file of a mix: weights for all of its sources, or for none. */
export const mixFile = z.strictObject({ sources: z.array(source).min(1) });

/** One of them, as the file names it. */
type Entry = z.output<typeof source>;

/** @throws Blip2Error naming file and key */
export function readMix(path: string): Entry[] {
  const result = mixFile.safeParse(readJsonObject(path));
  const wrong = (what: string) =>
    new Blip2Error(`${path}: ${what}`, {
      hint: 'A mix is {"sources": [{"data": "coco?dir=…", "weight": 1}, …]}.',
      exitCode: 2,
    });
  if (!result.success) {
    const { path: key, message } = result.error.issues[0];
    throw wrong(`${key.join('.')}: ${message}`);
  }
  const { sources } = result.data;
  const weighted = sources.filter(({ weight }) => weight !== undefined).length;
  if (weighted > 0 && weighted < sources.length) {
    throw wrong(
      'weights of some sources and not of others: give all of them, or none (then sizes are weights)',
    );
  }
  return sources;
}

/** Numbers of the first source, then those of the next, and so on. @throws Blip2Error if some are questions and some captions */
export function mixed(sources: readonly { source: PictureSource; weight?: number }[]): PictureSource {
  const asking = sources.filter(({ source }) => source.asks);
  if (asking.length > 0 && asking.length < sources.length) {
    const names = [asking, sources.filter(({ source }) => !source.asks)].map((some) =>
      some.map(({ source }) => source.name).join(', '),
    );
    throw new Blip2Error(`a mix of questions (${names[0]}) and captions (${names[1]})`, {
      hint: 'Mix questions with questions, captions with captions.',
      exitCode: 2,
    });
  }
  const faults = new FaultList();
  for (const { source } of sources) faults.addAll(source.faults);
  const ends = Float64Array.from(
    sources,
    (
      (sum) =>
      ({ source }: { source: PictureSource }) =>
        (sum += source.size)
    )(0),
  );
  const at = <T>(index: number, get: (source: PictureSource, index: number) => T): T => {
    const place = firstAbove(ends, index);
    const { source } = sources[place];
    return get(source, index - (ends[place] - source.size));
  };
  const parts = sources.flatMap(({ source, weight = source.size }, i) => {
    const total = source.parts.reduce((sum, part) => sum + part.weight, 0);
    return source.parts.map((part) => ({
      ...part,
      start: ends[i] - source.size + part.start,
      weight: (part.weight / total) * weight,
    }));
  });
  return {
    name: 'mix',
    size: ends.at(-1)!,
    identity: { mix: sources.map(({ source, weight = source.size }) => ({ ...source.identity, weight })) },
    parts,
    faults,
    asks: asking.length > 0,
    id: (index) => at(index, (source, own) => source.id(own)),
    place: (index) => at(index, (source, own) => source.place(own)),
    read: (index) => at(index, (source, own) => source.read(own)),
    async close() {
      for (const { source } of sources) await source.close();
    },
  };
}
