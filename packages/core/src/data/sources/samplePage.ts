/** Samples of a source as one HTML page, to be looked at. */
import sharp from 'sharp';
import { writeFileAtomic } from '../../checkpoints';
import { bijection } from '../random';
import { UnreadableError } from './place';
import type { PictureSource } from './source';

const HEIGHT = 180;
const escaped = (text: string): string => text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/** Writes the page. Pictures that cannot be shown say why. @throws Blip2Error if it cannot be written */
export async function writeSamplePage(source: PictureSource, path: string, count = 60): Promise<void> {
  const tiles: string[] = [];
  for (let i = 0; i < Math.min(count, source.size); i++) {
    tiles.push(await tileOf(source, bijection(source.size, i, 0)));
  }
  const style = `body{font:14px/1.4 sans-serif;margin:24px}main{display:flex;flex-wrap:wrap;gap:16px}
figure{margin:0;max-width:260px}img{height:${HEIGHT}px;max-width:260px;object-fit:contain}small{color:#555}`;
  writeFileAtomic(path, [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(source.name)}</title><style>${style}</style>`,
    `<h1>${escaped(source.name)}: ${source.size.toLocaleString('en')} pictures</h1><main>${tiles.join('\n')}</main></html>`,
  ]);
}

async function tileOf(source: PictureSource, index: number): Promise<string> {
  try {
    const { id, bytes, captions } = await source.read(index);
    const small = await sharp(bytes)
      .autoOrient()
      .resize({ height: HEIGHT })
      .toColourspace('srgb')
      .jpeg()
      .toBuffer();
    const texts = captions.slice(0, 5).map((text) => `<br>${escaped(text)}`);
    const image = `<img src="data:image/jpeg;base64,${small.toString('base64')}" alt="${escaped(captions[0])}">`;
    return `<figure>${image}<figcaption><small>${escaped(id)}</small>${texts.join('')}</figcaption></figure>`;
  } catch (error) {
    const where = error instanceof UnreadableError ? error.where : source.id(index);
    return `<figure><figcaption><small>${escaped(where)}</small><br>${escaped((error as Error).message)}</figcaption></figure>`;
  }
}
