/** All findings in one table: the paper's claim, its difference there and here, and whether it holds. */
import { differenceText } from './finding';
import { html, type Html } from './html';
import { drawInterval } from './interval';
import { asPrinted, counted, signed } from './numbers';
import type { Difference, JudgedClaim, Part, Source } from './part';
import { scaleNote } from './scaleNote';
import { verdictOf } from './verdict';

export function summary(parts: readonly Part[]): Html {
  const groups = parts.filter(({ claims }) => claims.length > 0).map(group);
  return html`<section id="findings">
    <h2>Findings</h2>
    <p>
      Each finding is a difference between two arms that were trained with the same seeds. It holds if the 95%
      t-interval of the paired difference lies above zero. The paper’s column has its difference where it
      prints both numbers, or else what it says; its numbers come from real pictures and models thousands of
      times larger: compare directions, not sizes. What is not in the paper is a check of our own.
    </p>
    <div class="scroll">
      <table class="wide stack">
        <thead>
          <tr>
            <th scope="col">Finding</th>
            <th scope="col" class="number">Paper</th>
            <th scope="col" class="number">Committed</th>
            <th scope="col"></th>
            <th scope="col" class="number">Yours</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        ${groups}
      </table>
    </div>
    <p class="small quiet">
      Dot and bar: mean difference and its 95% interval over the committed seeds; hollow diamond: yours. The
      upright rule is zero; each row has its own scale.
    </p>
  </section> `;
}

/** The claims of a study, below its name. */
function group(part: Part): Html {
  const { study, claims } = part;
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="6"><a href="#${study.name}">${study.title}</a></th>
    </tr>
    ${claims.map((claim) => row(part, claim))}
  </tbody> `;
}

function row(part: Part, judged: JudgedClaim): Html {
  const { claim, found, digits } = judged;
  const of = (whose: Source['whose']) => found.filter(({ source }) => source.whose === whose);
  const [main, own] = [found.at(0), of('Yours').at(0)];
  return html`<tr>
    <th scope="row">${claim.text}</th>
    <td class="number paper" data-name="Paper">${paperCell(part, judged)}</td>
    <td class="number" data-name="Committed">${differences(of('Committed'), digits)}</td>
    <td class="middle">
      ${main && drawInterval(main, main === own ? undefined : own?.mean, differenceText(main, digits))}
    </td>
    <td class="number" data-name="Yours">${differences(of('Yours'), digits)}</td>
    <td>${verdictOf(main)}</td>
  </tr> `;
}

/** One below the other. */
function differences(found: readonly Difference[], digits: number): Html | Html[] {
  if (found.length === 0) return html`<span class="quiet">–</span>`;
  return found.map(
    (one, i) =>
      html`${i > 0 ? html`<br />` : undefined}${signed(one.mean, digits)}<br />
        <span class="spread bounds">${bounds(one, digits)}</span>
        ${one.source.isOutdated ? html`<br /><span class="spread">other settings</span>` : undefined}`,
  );
}

/** "+34.1 to +42.3, 5 seeds": breaks after the comma alone. */
function bounds({ interval, seeds, source }: Difference, digits: number): string {
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  const parts = [...(range ? [range] : []), counted(seeds, 'seed') + scaleNote(source)];
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(', ');
}

/** The same difference in the paper, where its two numbers are known, or else what it says. */
function paperCell({ study }: Part, { claim: { paper, ...claim } }: JudgedClaim): Html {
  if (!paper) return html`<span class="quiet small">not in the paper</span>`;
  const valueOf = (arm: string) =>
    study.paper.find((one) => one.arm === arm && one.metric === claim.metric)?.value;
  const [better, worse] = [valueOf(claim.better), valueOf(claim.worse)];
  const difference =
    better === undefined || worse === undefined ? undefined : Number((better - worse).toFixed(2));
  const text = difference === undefined ? paper.says : (difference > 0 ? '+' : '') + asPrinted(difference);
  return html`${text}<br /><span class="spread">${paper.where}</span>`;
}
