/** CapFilt as a page: how many captions were kept of which, how well they fit before and after, and samples. */
import {
  added,
  rankedCaptions,
  type CapFiltSettings,
  type CapFiltStatistics,
  type CaptionCounts,
  type RankedRecord,
} from '../../capfilt';
import { encodeThumbnail, type ImageSource } from '../../image';
import { CARD_STYLE } from '../cardStyle';
import { htmlDocument } from '../document';
import { html, type Html } from '../html';
import { fixed } from '../numbers';
import { distribution } from './distribution';
import { quantile } from './spread';

/** A picture, and what was ranked for it. */
export interface CaptionedPicture {
  record: RankedRecord;
  image: ImageSource;
}

/** What the page is about. */
export interface CapFiltPageContent {
  /** The folder. */
  name: string;
  settings: CapFiltSettings;
  /** Names and numbers, as they are to be read. */
  counts: readonly (readonly [name: string, count: number])[];
  statistics: CapFiltStatistics;
  samples: readonly CaptionedPicture[];
  notes: readonly string[];
}

/** Longer side of a picture on the page, in pixels. */
const SIDE = 192;

const WEB = 'of the web, before';
const DRAWN = 'drawn by the captioner';
const KEPT = 'kept, after';

/** A whole HTML document. */
export async function pageOf(content: CapFiltPageContent): Promise<Html> {
  const { name, settings, counts, statistics, samples, notes } = content;
  const { ranked, kept } = statistics;
  const after = added([kept.web, kept.captioner]);
  const cards: Html[] = [];
  for (const sample of samples) cards.push(await card(sample));
  const kinds = (of: 'scores' | 'words') => [
    { name: WEB, color: 'var(--line-1)', counts: ranked.web[of] },
    { name: DRAWN, color: 'var(--line-0)', counts: ranked.captioner[of] },
    { name: KEPT, color: 'var(--line-2)', counts: after[of] },
  ];
  return htmlDocument(
    `CapFilt: ${name}`,
    html`<h1>Captions before and after CapFilt</h1>
      <p class="quiet">${name}. ${told(settings)}</p>
      ${notes.map((note) => html`<p>${note}</p>`)}
      <div class="tables">${originTable(statistics, after)}${countTable(counts)}</div>
      <section>
        <h2>How well they fit, and how long they are</h2>
        <div class="charts">
          ${distribution({ title: 'CLIP’s cosine of caption and picture', unit: 0.01 }, kinds('scores'))}
          ${distribution({ title: 'Words of a caption', unit: 1 }, kinds('words'))}
        </div>
        <p class="quiet small">
          Each row adds up to 100 % of its captions. What was kept was chosen by this cosine, so that it is
          higher says only that there was something to choose from; whether the captions are better, the
          samples show.
        </p>
      </section>
      <section>
        <h2>Samples</h2>
        <p class="quiet small">
          ${samples.length} pictures at equal distances, not picked. All that was ranked, best first: the
          cosine, and where the caption comes from; what was kept is bold, with a mark.
        </p>
        <main class="cards">${cards}</main>
      </section> `,
    CARD_STYLE + OWN_STYLE,
  );
}

const OWN_STYLE = `
body { max-width: 78rem; }
.tables { display: flex; flex-wrap: wrap; gap: 0.5rem 4rem; }
.tables > * { min-width: 0; }
.tables table:not(:has(thead)) tbody { border-top: 2px solid var(--heavy); }
.ranked { list-style: none; margin: 0; padding: 0; font-size: 0.92rem; line-height: 1.35; }
.ranked li { display: grid; grid-template-columns: 0.9rem 2.9rem 1fr; gap: 0 0.4rem; padding: 0.08rem 0; overflow-wrap: anywhere; }
.ranked li.dropped { color: var(--quiet); }
.ranked .mark { color: var(--good); }
.ranked .score { font-variant-numeric: lining-nums tabular-nums; }
.ranked b { font-weight: 600; }
.ranked i { color: var(--line-1); }
`;

function told({ samples, keep, topP, distinct, maxNewTokens, seed }: CapFiltSettings): string {
  const alike = distinct ? ', captions that read alike counting once' : '';
  return (
    `Of each picture ${samples} captions were drawn (nucleus sampling, p = ${topP}, at most ${maxNewTokens} tokens, ` +
    `seed ${seed}) and ranked by CLIP together with those of the web${alike}; the best ${keep} were kept.`
  );
}

const number = (value: number): string => value.toLocaleString('en');

function originTable({ ranked, kept }: CapFiltStatistics, after: CaptionCounts): Html {
  const all = added([ranked.web, ranked.captioner]);
  const rows: [name: string, ranked: CaptionCounts, kept: CaptionCounts][] = [
    ['of the web', ranked.web, kept.web],
    ['drawn', ranked.captioner, kept.captioner],
    ['together', all, after],
  ];
  const share = (part: number, whole: number) => (whole === 0 ? '–' : `${fixed((100 * part) / whole, 1)} %`);
  const middle = ({ captions, scores }: CaptionCounts) =>
    captions === 0 ? '–' : fixed(quantile(scores, 0.5) / 100, 2);
  return html`<div class="scroll">
    <table>
      <caption>
        Captions by where they come from
      </caption>
      <thead>
        <tr>
          <td></td>
          ${HEADS.map((head) => html`<th scope="col" class="number bounds">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, before, left]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="number">${number(before.captions)}</td>
              <td class="number">${number(left.captions)}</td>
              <td class="number">${share(left.captions, before.captions)}</td>
              <td class="number">${share(left.captions, after.captions)}</td>
              <td class="number">${middle(before)}</td>
              <td class="number">${middle(left)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

const HEADS = ['ranked', 'kept', 'kept of ranked', 'of all kept', 'median cosine', 'of those kept'];

function countTable(counts: CapFiltPageContent['counts']): Html {
  return html`<div class="scroll">
    <table>
      <caption>
        Pictures
      </caption>
      <tbody>
        ${counts.map(
          ([name, count]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="number">${number(count)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

async function card({ record, image }: CaptionedPicture): Promise<Html> {
  const picture = (await encodeThumbnail(image, SIDE)).toString('base64');
  return html`<article class="card">
    <figure>
      <img src="data:image/jpeg;base64,${picture}" alt="Picture ${record.id}" loading="lazy" />
      <figcaption>${record.id}</figcaption>
    </figure>
    <ol class="ranked">
      ${rankedCaptions(record).map(
        ({ caption, score, source, kept }) =>
          html`<li class="${kept ? 'kept' : 'dropped'}">
            <span class="mark">${kept ? '✓' : ''}</span><span class="score">${fixed(score, 3)}</span>
            <span
              >${kept ? html`<b>${caption}</b>` : caption}${source === 'web' ? html` <i>web</i>` : undefined}</span
            >
          </li> `,
      )}
    </ol>
  </article> `;
}
