/** Results as a page that needs nothing else: bars for each case, lines for each curve, in the report's style. */
import { htmlDocument } from '../packages/core/src/report/document';
import { html, type Html } from '../packages/core/src/report/html';
import { day } from '../packages/core/src/report/numbers';
import type { PeerKind } from './cases';
import { billions, figureText, type Figure } from './figures';
import { growth } from './growth';
import type { Made, Results } from './results';
import { peersBeside, ratioText, type Row } from './rows';

const STYLE = `
body { max-width: 84rem; }
tbody th { white-space: nowrap; }
.bars { width: 100%; margin: 0.5rem 0 1.8rem; }
.bars thead, .bars tbody:last-of-type { border: 0; }
.bars th { width: 8.5rem; white-space: nowrap; }
.bars td.number { width: 1%; }
.bar { display: block; height: 0.8rem; border-radius: 1px; background: var(--line-0); min-width: 2px; }
.bar.shipped { background: var(--line-1); } .bar.leanest { background: var(--rule); }
.ours { font-weight: 600; }
@media (max-width: 44rem) { .bars th { width: 5.5rem; white-space: normal; } }
`;

const NAMES: Record<PeerKind, string> = { shipped: 'as shipped', leanest: 'lean' };
const ratio = (value: number | null): string => value?.toFixed(2) ?? '–';
const percent = (share: number | undefined): string =>
  share === undefined ? '–' : `${(100 * share).toFixed(0)}%`;

export function page(results: Results): Html {
  const { rows, curves } = results;
  return htmlDocument(
    'BLIP-2 beside PyTorch',
    html`<header>
        <h1>BLIP-2 beside PyTorch</h1>
        <p>
          The same work done by this library and by PyTorch: as LAVIS or <code>transformers</code> ship it,
          and as sparingly as we could write it; <i>fastest</i> is the fastest of all these. Sides of a case
          take turns in one run. Times are medians with the fastest and the slowest of n steps. A ratio above
          1 means that ours is faster, ≈ that the two ranges overlap; of memory, one below 1 means that ours
          takes less. A process's <i>own</i> memory is that of pages which no file backs; <i>in all</i> there
          are mapped weights (ours are read so) and libraries, too, PyTorch's for GPUs among them.
        </p>
        ${provenance(results)}
      </header>
      <main>
        ${
          rows.length > 0
            ? html`<section>
                <h2>At a glance</h2>
                ${overview(rows)}
              </section>`
            : undefined
        }
        ${
          rows.length > 0
            ? html`<section>
                <h2>Cases</h2>
                ${rows.map(bars)}
              </section>`
            : undefined
        }
        ${curves.length > 0 ? growth(curves) : undefined}
      </main> `,
    STYLE,
  );
}

function provenance({ machine, peaks, rows, curves }: Results): Html {
  const made = [...rows, ...curves];
  const distinct = (values: string[]) => [...new Set(values)].join(', ');
  const facts: [string, string][] = [
    ['Processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB`],
    ['It has', machine.features?.join(', ') ?? 'unknown'],
    ['Threads', String(machine.threads)],
    ['With', Object.entries(machine.versions).map((pair) => pair.join(' ')).join(', ')],
    ['Peak', Object.entries(peaks).map(([name, rate]) => `${name} ${rate.toFixed(0)} GFLOPS`).join(', ')],
    ['Commit', distinct(made.map(commitText))],
    ['Measured', distinct(made.map(({ finished }) => day(finished)))],
  ]; // prettier-ignore
  return html`<div class="scroll">
      <table>
        <tbody>
          ${facts.map(
            ([name, value]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="small quiet">
      <i>Peak</i> is the fastest product of two 2048 × 2048 matrices, by us or by PyTorch, in the same run.
    </p>`;
}

const commitText = ({ commit, dirty }: Made): string => (dirty ? `${commit} with changes` : commit);

function overview(rows: Results['rows']): Html {
  return html`<div class="scroll">
    <table class="wide">
      <thead>
        <tr>
          <th scope="col">Case</th>
          <th scope="col" class="number">ours, ms</th>
          <th scope="col" class="number">shipped, ms</th>
          <th scope="col" class="number">fastest, ms</th>
          <th scope="col" class="number">× shipped</th>
          <th scope="col" class="number">× fastest</th>
          <th scope="col" class="number">own GB</th>
          <th scope="col" class="number">of shipped</th>
          <th scope="col" class="number">GB in all</th>
          <th scope="col" class="number">of shipped</th>
          <th scope="col" class="number">of peak</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ ours, peers, memoryRatios, ownMemoryRatios, ...row }) => {
          const { shipped, fastest } = peersBeside(peers);
          return html`<tr>
            <th scope="row">
              <a href="#${idOf(row.case, ours.variant)}">${titleOf(row.case, ours.variant)}</a>
            </th>
            <td class="number">${figureText(ours)}</td>
            <td class="number">${shipped ? figureText(shipped) : '–'}</td>
            <td class="number">${fastest ? `${figureText(fastest)}, ${fastest.variant}` : '–'}</td>
            <td class="number">${ratioText(shipped, ours)}</td>
            <td class="number">${ratioText(fastest, ours)}</td>
            <td class="number">${ours.ownGigabytes?.toFixed(1) ?? '–'}</td>
            <td class="number">${ratio(ownMemoryRatios.shipped)}</td>
            <td class="number">${ours.peakGigabytes.toFixed(1)}</td>
            <td class="number">${ratio(memoryRatios.shipped)}</td>
            <td class="number">${percent(ours.shareOfPeak)}</td>
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}

const idOf = (name: string, variant: string): string => `${name}-${variant}`;
const titleOf = (name: string, variant: string): string =>
  variant === 'compiled' || variant === 'normalised' ? name : `${name}, ${variant}`;

function bars({ case: name, ours, peers, failed, precision, ...row }: Row): Html {
  const longest = Math.max(ours.median, ...peers.map(({ median }) => median));
  const bar = (who: string, kind: string, figure: Figure, times = '') =>
    html`<tr>
      <th scope="row" class="${kind}-name">${who}</th>
      <td>
        <span class="bar ${kind}" style="width: ${((100 * figure.median) / longest).toFixed(1)}%"></span>
      </td>
      <td class="number">${figureText(figure, ' ms')}</td>
      <td class="number">${times}</td>
    </tr> `;
  const work = row.operations ? `${billions(row.operations)} · 10⁹ operations a step, ` : '';
  const compile = ours.compileSeconds ? `, compiled in ${ours.compileSeconds.toFixed(1)} s` : '';
  return html`<h3 id="${idOf(name, ours.variant)}">${titleOf(name, ours.variant)}</h3>
    <p class="small quiet">${work}${precision}${compile}.</p>
    <table class="bars">
      <tbody>
        ${bar('ours', 'ours', ours)}${peers.map((peer) =>
          bar(peerName(peer.kind, peer.variant), peer.kind, peer, `${ratioText(peer, ours)} ×`),
        )}
      </tbody>
    </table>
    ${failed.map(
      ({ kind, variant, error }) =>
        html`<p class="small">${peerName(kind, variant)} did not run: <code>${error}</code></p>`,
    )}`;
}

const peerName = (kind: PeerKind, variant: string): string =>
  kind === 'shipped' || variant === 'lean' ? NAMES[kind] : `${NAMES[kind]}, ${variant}`;
