/**
 * A page to browse what an evaluation got right and wrong, picture by picture: one file with all that it needs. It shows a
 * bounded number of pictures, drawn evenly, most of them with something wrong.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoints';
import { encodeThumbnail } from '../../image';
import type { AnswerRecord, SetCaptionRecord, RetrievalRecord, SetSummary } from '../../evaluate';
import type { SetEvaluation } from '../../studies';
import { htmlDocument } from '../document';
import { html, type Html } from '../html';
import { answerCards, captionCards, retrievalCards, type Card, type CardLine } from './cards';
import { SCRIPT, OWN_STYLE } from './pageParts';

/** Pictures on a page, and of those how many may be without a mistake. */
const [PICTURES, FAULTLESS] = [400, 100];
/** Longer side of a picture on the page, in pixels: 400 of them are about 3 MB. */
const SIDE = 192;

/** Writes `browse.html` beside the results. @returns its path */
export async function writeEvaluationPage(out: string, result: SetEvaluation): Promise<string> {
  const cards = cardsOf(result);
  const chosen = choose(cards);
  const pictures: Html[] = [];
  for (const card of chosen) pictures.push(await cardHtml(card));
  const path = join(out, 'browse.html');
  writeFileAtomic(path, [pageOf(result.summary, cards, chosen, pictures).text]);
  return path;
}

function cardsOf({ summary, records }: SetEvaluation): Card[] {
  if (summary.task === 'vqa') return answerCards(records as readonly AnswerRecord[]);
  if (summary.task === 'caption') return captionCards(records as readonly SetCaptionRecord[]);
  return retrievalCards(records as readonly RetrievalRecord[]);
}

const hasMistake = ({ lines }: Card): boolean => lines.some(({ right }) => right === false);

function choose(cards: readonly Card[]): Card[] {
  if (cards.length <= PICTURES) return [...cards];
  const wrong = cards.filter(hasMistake);
  const faultless = cards.filter((card) => !hasMistake(card));
  const most = Math.min(faultless.length, Math.max(FAULTLESS, PICTURES - wrong.length));
  const chosen = new Set([...evenly(wrong, PICTURES - most), ...evenly(faultless, most)]);
  return cards.filter((card) => chosen.has(card));
}

/** So many of a list, at equal distances. */
function evenly<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}

async function cardHtml({ id, file, lines }: Card): Promise<Html> {
  const picture = (await encodeThumbnail(file, SIDE)).toString('base64');
  return html`<article class="card">
    <figure>
      <img src="data:image/jpeg;base64,${picture}" alt="Picture ${id}" loading="lazy" />
      <figcaption>${id}</figcaption>
    </figure>
    <div>${lines.map(lineHtml)}</div>
  </article> `;
}

const lineHtml = ({ type, right, body }: CardLine): Html =>
  html`<div class="line ${stateOf(right)}" data-type="${type}" data-state="${stateOf(right)}">${body}</div> `;

const stateOf = (right?: boolean): string => (right === undefined ? 'unknown' : right ? 'right' : 'wrong');

const WHAT_IS_RIGHT: Record<SetSummary['task'], string> = {
  vqa: 'An answer counts as right here from an accuracy of 50 % on.',
  caption: 'A caption counts as right here if its CIDEr is not below the middle one.',
  retrieval: 'Right is what is found in the first place.',
};

function pageOf(
  summary: SetSummary,
  all: readonly Card[],
  chosen: readonly Card[],
  pictures: readonly Html[],
): Html {
  const { set, split, model, skipped, problems, notes, task } = summary;
  const types = [...new Set(chosen.flatMap(({ lines }) => lines.map(({ type }) => type)))].sort();
  const title = `${set} ${split}: ${model.name as string}`;
  const shown =
    chosen.length < all.length
      ? `${chosen.length} of ${all.length.toLocaleString('en')} pictures, drawn evenly, most of them with a mistake.`
      : `All ${all.length} pictures.`;
  return htmlDocument(
    title,
    html`<h1>${title}</h1>
      <p class="quiet">${shown} ${WHAT_IS_RIGHT[task]}</p>
      ${scoreTable(summary)} ${notes.map((note) => html`<p class="quiet small">${note}</p>`)}
      ${skipped.count > 0 ? html`<p class="small">${skipped.count} pictures could not be decoded: ${skipped.first.map(({ file }) => file).join(', ')}</p>` : undefined}
      ${problems.map(({ what, count, first }) => html`<p class="small">${count} × ${what}: ${first.join(', ')}</p>`)}
      <form class="filter">
        <label
          >Show
          <select name="state">
            <option value="">everything</option>
            <option value="wrong">what is wrong</option>
            <option value="right">what is right</option>
          </select></label
        >
        <label
          >of
          <select name="type">
            <option value="">all types</option>
            ${types.map((type) => html`<option>${type}</option>`)}
          </select></label
        >
        <label>with <input name="text" type="search" placeholder="words" /></label>
        <output></output>
      </form>
      <main class="cards">${pictures}</main>
      ${SCRIPT} `,
    OWN_STYLE,
  );
}

function scoreTable({ rows }: SetSummary): Html | undefined {
  if (rows.length === 0) return undefined;
  const names = Object.keys(rows[0].scores);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col"></th>
          <th scope="col" class="number">samples</th>
          ${names.map((name) => html`<th scope="col" class="number">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ group, samples, scores }) =>
            html`<tr>
              <th scope="row">${group}</th>
              <td class="number">${samples.toLocaleString('en')}</td>
              ${names.map((name) => html`<td class="number">${scores[name]?.toFixed(1) ?? '–'}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `;
}
