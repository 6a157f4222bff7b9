/** Samples of a source as one page, to be looked at. */
import { writeFileAtomic } from '../checkpoints';
import { bijection, UnreadableError, type PictureSource } from '../data';
import { encodeThumbnail } from '../image';
import { CARD_STYLE } from './cardStyle';
import { htmlDocument } from './document';
import { html, type Html } from './html';

/** Longer side of a picture on the page, in pixels. */
const SIDE = 192;
/** Captions shown of each picture. */
const CAPTIONS = 5;

/** Writes the page. Pictures that cannot be shown say why. @throws Blip2Error if it cannot be written */
export async function writeSamplePage(source: PictureSource, path: string, count = 60): Promise<void> {
  const shown = Math.min(count, source.size);
  const cards: Html[] = [];
  for (let i = 0; i < shown; i++) cards.push(await card(source, bijection(source.size, i, 0)));
  const page = htmlDocument(
    source.name,
    html`<h1>${source.name}</h1>
      <p class="quiet">${shown} of ${source.size.toLocaleString('en')} pictures, drawn at random.</p>
      <main class="cards">${cards}</main> `,
    `${CARD_STYLE}\nbody { max-width: 78rem; }\n.card p { margin: 0 0 0.3rem; font-size: 0.95rem; overflow-wrap: anywhere; }`,
  );
  writeFileAtomic(path, [page.text]);
}

async function card(source: PictureSource, index: number): Promise<Html> {
  try {
    const { id, bytes, captions } = await source.read(index);
    const picture = (await encodeThumbnail(bytes, SIDE)).toString('base64');
    return html`<article class="card">
      <figure>
        <img src="data:image/jpeg;base64,${picture}" alt="${captions[0]}" loading="lazy" />
        <figcaption>${id}</figcaption>
      </figure>
      <div>${captions.slice(0, CAPTIONS).map((caption) => html`<p>${caption}</p>`)}</div>
    </article> `;
  } catch (error) {
    const where = error instanceof UnreadableError ? error.where : source.id(index);
    return html`<article class="card">
      <figure><figcaption>${where}</figcaption></figure>
      <p class="bad">${(error as Error).message}</p>
    </article> `;
  }
}
