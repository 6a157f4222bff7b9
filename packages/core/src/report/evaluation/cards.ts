/** What an evaluation said of each picture, to be looked at: one card a picture, one line a sample. */
import type { AnswerRecord, SetCaptionRecord, RetrievalRecord } from '../../evaluate';
import { html, type Html } from '../html';

/** A line of a card. */
export interface CardLine {
  /** To filter by: type of question, domain. */
  type: string;
  /** Absent where the truth is not known. */
  right?: boolean;
  body: Html;
}

/** A picture with what was said of it. */
export interface Card {
  id: string;
  file: string;
  lines: CardLine[];
}

/** From so much accuracy on an answer counts as right on the page. */
const RIGHT = 50;

/** One card a picture, one line a question. */
export function answerCards(records: readonly AnswerRecord[]): Card[] {
  const cards = new Map<string, Card>();
  for (const {
    image,
    file,
    question,
    type,
    answerType,
    prediction,
    compared,
    answers,
    accuracy,
  } of records) {
    const id = String(image);
    if (!cards.has(id)) cards.set(id, { id, file, lines: [] });
    const said = Object.entries(answers ?? {})
      .sort(([, a], [, b]) => b - a)
      .map(([answer, count]) => (count > 1 ? `${answer} ×${count}` : answer))
      .join(', ');
    cards.get(id)!.lines.push({
      type: answerType || type,
      right: accuracy === undefined ? undefined : accuracy >= RIGHT,
      body: html`<p class="asked">${question}</p>
        <p>
          <b>${prediction || '(nothing)'}</b>
          ${accuracy === undefined ? '' : html`<span class="mark">${accuracy.toFixed(0)} %</span>`}
        </p>
        ${compared && html`<p class="quiet">compared as “${compared}”</p>`}
        ${said && html`<p class="quiet">${said}</p>`}`,
    });
  }
  return [...cards.values()];
}

/** One card a picture; right is what scores above the middle one. */
export function captionCards(records: readonly SetCaptionRecord[]): Card[] {
  const scores = records.flatMap(({ cider }) => cider ?? []).sort((a, b) => a - b);
  const middle = scores[Math.floor(scores.length / 2)];
  return records.map(({ image, file, caption, references, domain, cider }) => ({
    id: String(image),
    file,
    lines: [
      {
        type: domain ?? 'all',
        right: cider === undefined ? undefined : cider >= middle,
        body: html`<p>
            <b>${caption}</b>
            ${cider === undefined ? '' : html`<span class="mark">CIDEr ${cider.toFixed(1)}</span>`}
          </p>
          ${references.map((reference) => html`<p class="quiet">${reference}</p>`)}`,
      },
    ],
  }));
}

/** One card a picture: right if its first text is its own. */
export function retrievalCards(records: readonly RetrievalRecord[]): Card[] {
  return records.map(({ image, file, rank, best, captions }) => ({
    id: String(image),
    file,
    lines: [
      {
        type: 'image→text',
        right: rank === 1,
        body: html`<p class="asked">Texts found for it; its first own one is in place ${rank}</p>
          <ol>
            ${best.map(({ text, own }) => html`<li>${own ? html`<b>${text}</b>` : text}</li>`)}
          </ol>`,
      },
      ...captions.map(({ text, rank: place }) => ({
        type: 'text→image',
        right: place === 1,
        body: html`<p><b>${text}</b> <span class="mark">finds it in place ${place}</span></p>`,
      })),
    ],
  }));
}
