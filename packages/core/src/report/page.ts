/** The report as one page, from its parts. */
import type { StudyResult } from '../studies';
import { SCRIPT } from './command';
import { htmlDocument } from './document';
import { html, type Html } from './html';
import { duration } from './numbers';
import { seedsOf } from './measurementTable';
import { resultsOf, type Part } from './part';
import { lastDay, machine } from './settings';
import { studySection } from './studySection';
import { summary } from './summary';
import { ICONS } from './verdict';

const PAPER = 'https://arxiv.org/abs/2301.12597';

/** Of test pictures. */
export interface Pictures {
  /** The section of samples. */
  samples?: Html;
  /** Examples by the study's name. */
  examples: ReadonlyMap<string, Html | undefined>;
}

/** A whole HTML document. */
export function page(parts: readonly Part[], { samples, examples }: Pictures): Html {
  return htmlDocument(
    'BLIP-2 on Shapes: report',
    html`${ICONS}
      <header>
        <h1>BLIP-2 on Shapes</h1>
        <p>
          The studies of
          <a href="${PAPER}"
            >BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and Large Language
            Models</a
          >
          (Li et al., ICML 2023), made again in a world of drawn shapes, small enough for two processor cores.
          Every number below comes from a training run that the command beside it repeats.
        </p>
        ${provenance(parts)}${contents(parts, samples !== undefined)}
      </header>
      <main>
        ${summary(parts)}${parts.map((part) => studySection(part, examples.get(part.study.name)))}${samples}
      </main>
      ${SCRIPT} `,
  );
}

/** Whose results these are: the reader's own and the committed ones. */
function provenance(parts: readonly Part[]): Html {
  const sides = (['Yours', 'Committed'] as const)
    .map((whose) => ({ whose, results: parts.flatMap((part) => resultsOf(part, whose)) }))
    .filter(({ results }) => results.length > 0);
  if (sides.length === 0)
    return html`<p>There are no results yet: each study below says how to make them.</p> `;
  const rows = PROVENANCE.map(
    ([name, value]) =>
      html`<tr>
        <th scope="row">${name}</th>
        ${sides.map(({ results }) => html`<td>${value(results)}</td>`)}
      </tr> `,
  );
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col"></th>
            ${sides.map(({ whose }) => html`<th scope="col">${whose}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="small quiet">
      Committed results came with the repository; yours were made on this machine. The size
      <i>short</i> trains about two thirds of the steps of <i>full</i> and leaves the longest runs out;
      <i>smoke</i> only shows that everything runs.
    </p>`;
}

type Results = readonly StudyResult[];

const PROVENANCE: readonly [string, (results: Results) => string][] = [
  ['Studies', (results) => distinct(results, ({ study }) => study).length.toString()],
  [
    'Seeds',
    (results) =>
      distinct(results, ({ seed }) => String(seed))
        .sort()
        .join(', '),
  ],
  ['Size', (results) => distinct(results, ({ scale }) => scale).join(', ')],
  ['Finished', lastDay],
  ['Time', (results) => duration(results.reduce((sum, { seconds }) => sum + seconds, 0))],
  ['Machine', (results) => distinct(results, ({ environment }) => machine(environment)).join('; ')],
];

function distinct(results: Results, of: (result: StudyResult) => string): string[] {
  return [...new Set(results.map(of))];
}
/** Links to the studies, each with what there is of it. */
function contents(parts: readonly Part[], hasPictures: boolean): Html {
  const state = ({ sources }: Part) => {
    const own = sources.filter(({ whose }) => whose === 'Yours');
    if (own.length > 0) return `yours: ${own.map(({ results }) => seedsOf(results)).join('; ')}`;
    return sources.length > 0 ? 'committed results' : 'no results yet';
  };
  const items = parts.map(
    (part) =>
      html`<li>
        <a href="#${part.study.name}">${part.study.title}</a> <span class="quiet small">${state(part)}</span>
      </li> `,
  );
  const pictures = html`<li><a href="#pictures">Pictures, captions, answers</a></li> `;
  return html`<nav aria-label="Contents">
    <ul class="contents">
      <li><a href="#findings">Findings</a></li>
      ${items}${hasPictures ? pictures : undefined}
    </ul>
  </nav> `;
}
