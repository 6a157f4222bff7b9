/** Sources by the specifications that the command line and recipes know them by. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { CAPTIONS } from '../folder';
import { coco } from './coco';
import { openList } from './listIndex';
import { mixed, readMix } from './mix';
import { parquet } from './parquet';
import { pictureFolder } from './pictureFolder';
import { expandBraces, openShards, shardsIn } from './shards';
import type { PictureSource } from './source';
import { visualGenome, visualGenomeQuestions } from './visualGenome';
import { vqav2 } from './vqav2';
import { hasShards, webPairs, type WEB_PAIRS } from './webPairs';

const dir = z
  .string()
  .min(1)
  .transform((path) => resolve(path));
const cache = dir.optional();
const annotations = z.string().min(1).optional();
const split = z.string().min(1).optional();

interface Kind<O extends z.ZodType> {
  options: O;
  open(options: z.output<O>): Promise<PictureSource> | PictureSource;
}
const kind = <O extends z.ZodType>(options: O, open: Kind<O>['open']): Kind<z.ZodType> => ({
  options,
  open: (value) => open(value as z.output<O>),
});

const web = (name: keyof typeof WEB_PAIRS) =>
  kind(z.strictObject({ dir, annotations, cache }), ({ cache, ...options }) =>
    options.annotations === undefined && hasShards(options.dir)
      ? openShards(name, shardsIn(options.dir), cache)
      : openList(webPairs(name, options), cache),
  );
const inShards = (name: string) =>
  kind(z.strictObject({ dir, cache }), ({ dir, cache }) => openShards(name, shardsIn(dir), cache));

const KINDS: Record<string, Kind<z.ZodType>> = {
  coco: kind(z.strictObject({ dir, split, annotations, cache }), ({ cache, ...options }) =>
    openList(coco(options), cache),
  ),
  vg: kind(z.strictObject({ dir, annotations, cache }), ({ cache, ...options }) =>
    openList(visualGenome(options), cache),
  ),
  vqav2: kind(z.strictObject({ dir, split, cache }), ({ cache, ...options }) =>
    openList(vqav2(options), cache),
  ),
  vgqa: kind(z.strictObject({ dir, annotations, cache }), ({ cache, ...options }) =>
    openList(visualGenomeQuestions(options), cache),
  ),
  cc3m: web('cc3m'),
  cc12m: web('cc12m'),
  sbu: web('sbu'),
  laion: inShards('laion'),
  parquet: kind(z.strictObject({ dir, cache }), ({ cache, ...options }) => openList(parquet(options), cache)),
  shards: kind(z.strictObject({ files: z.string().min(1), cache }), ({ files, cache }) =>
    openShards(
      'shards',
      expandBraces(files).map((file) => resolve(file)),
      cache,
    ),
  ),
  folder: kind(z.strictObject({ dir, split, cache }), ({ cache, ...options }) =>
    openList(pictureFolder(options), cache),
  ),
};

/** The names of public sets and layouts that `openSource` knows. */
export const SOURCE_KINDS: readonly string[] = Object.keys(KINDS);

/**
 * A source from its specification: `coco?dir=D&split=train`, `vg?dir=D`, of questions `vqav2?dir=D&split=train`, `vgqa?dir=D`, `cc3m?dir=D`, `cc12m?dir=D`, `sbu?dir=D`,
 * `laion?dir=D`, `parquet?dir=D`, `shards?files=D/{00000..00099}.tar`, the path of a folder with `captions.jsonl` or of
 * shards, or of a mix (`mix.json`). The first opening makes an index, in `blip2/` beside the data or in `cache=DIR`.
 *
 * @throws Blip2Error naming what is not known, or the file that is missing or wrong
 */
export async function openSource(specification: string): Promise<PictureSource> {
  const [name, settings = ''] = specification.split('?');
  const options = Object.fromEntries(new URLSearchParams(settings.replaceAll('+', '%2B')));
  if (Object.hasOwn(KINDS, name)) return openKind(name, options);
  if (!existsSync(name)) {
    throw new Blip2Error(`There is no data ${name}`, {
      hint: `Give one of ${SOURCE_KINDS.join(', ')} with ?dir=DIR, a folder, or the file of a mix.`,
      exitCode: 2,
    });
  }
  if (statSync(name).isDirectory()) return openFolderOf(name, options);
  const sources: { source: PictureSource; weight?: number }[] = [];
  for (const { data, weight } of readMix(name)) sources.push({ source: await openSource(data), weight });
  return mixed(sources);
}

function openFolderOf(dir: string, options: Record<string, string>): Promise<PictureSource> {
  const isFolder = existsSync(join(dir, CAPTIONS));
  if (!isFolder && hasShards(dir)) return openKind('laion', { dir, ...options });
  return openKind('folder', { dir, ...options });
}

async function openKind(name: string, options: Record<string, string>): Promise<PictureSource> {
  const result = KINDS[name].options.safeParse(options);
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    throw new Blip2Error(`${name}: ${path.join('.') || 'options'}: ${message}`, {
      hint: `As in ${name}?dir=DIR; docs/data.md lists the options.`,
      exitCode: 2,
    });
  }
  return KINDS[name].open(result.data);
}
