/** A table of the paper beside ours, as a page. */
import type { FilledCell, FilledTable } from '../../studies';
import { htmlDocument } from '../document';
import { html, type Html } from '../html';
import { decimalsOf, oursText, paperText } from './markdown';

const OWN_STYLE = `
body { max-width: 82rem; }
tr.ours th { font-weight: 600; }
td .paper { color: var(--quiet); font-size: 0.86em; display: block; min-width: 0; }
tr.theirs { color: var(--quiet); }
thead th { max-width: 6.5rem; vertical-align: bottom; }
tbody th { white-space: nowrap; }
li pre { white-space: pre-wrap; margin: 0.3rem 0 0.8rem; }
`;

/** A whole HTML document. */
export function pageOf(table: FilledTable): Html {
  const { title, source, columns, rows, notes, missing, failures, limit } = table;
  return htmlDocument(
    `BLIP-2, ${source}`,
    html`<h1>${title}</h1>
      <p class="source">
        The paper’s ${source}. Of BLIP-2: our number, linked to its results, and below it the paper’s; of
        other models the paper’s.
      </p>
      ${limit === undefined ? undefined : html`<p class="bad">Only the first ${limit} pictures of each set: not to be compared.</p>`}
      <div class="scroll">
        <table class="wide">
          <thead>
            <tr>
              <td></td>
              ${columns.map((column) => html`<th scope="col" class="number bounds">${column}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ name, isOurs, cells }) =>
                html`<tr class="${isOurs ? 'ours' : 'theirs'}">
                  <th scope="row">${name}</th>
                  ${columns.map((column) => html`<td class="number">${cellHtml(cells[column], decimalsOf(table, column))}</td>`)}
                </tr> `,
            )}
          </tbody>
        </table>
      </div>
      ${notes.map((note) => html`<p class="small quiet">${note}</p>`)} ${listOf(missing, failures)} `,
    OWN_STYLE,
  );
}

function cellHtml(cell: FilledCell | undefined, digits?: number): Html | string {
  if (!cell) return '–';
  const ours = oursText(cell, digits);
  const paper = cell.paper === undefined ? undefined : paperText(cell.paper, digits);
  if (ours === undefined) return paper ?? '–';
  const number = cell.results ? html`<a href="${cell.results}/browse.html">${ours}</a>` : ours;
  return html`${number}${paper === undefined ? undefined : html`<span class="paper">${paper}</span>`}`;
}

function listOf(missing: FilledTable['missing'], failures: readonly string[]): Html | undefined {
  if (missing.length + failures.length === 0) return undefined;
  return html`<section>
    <h2>What is not there</h2>
    <ul>
      ${missing.map(
        ({ what, why, how }) =>
          html`<li>
            <b>${what}</b>: ${why}.
            <pre>${how}</pre>
          </li>`,
      )}
      ${failures.map((failure) => html`<li>${failure}</li>`)}
    </ul>
  </section>`;
}
