/** All findings in one table: the paper's claim, its difference there and here, and whether it holds. */
import { differenceText } from './finding';
import { html, type Html } from './html';
import { drawInterval } from './interval';
import { asPrinted, counted, signed } from './numbers';
import type { Difference, JudgedClaim, Part } from './part';
import { verdictOf } from './verdict';

export function summary(parts: readonly Part[]): Html {
  const groups = parts.filter(({ claims }) => claims.length > 0).map(group);
  return html`<section id="findings">
    <h2>Findings</h2>
    <p>
      Each finding is a difference between two arms that were trained with the same seeds. It holds if the 95%
      t-interval of the paired difference lies above zero. The paper’s numbers come from real pictures and
      models thousands of times larger: compare directions, not sizes.
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
  const { claim, committed, own, digits } = judged;
  const main = committed ?? own;
  const cell = (found: Difference | undefined, isOutdated: boolean) =>
    found
      ? html`${signed(found.mean, digits)}<br />
          <span class="spread">${bounds(found, digits)}</span>
          ${isOutdated ? html`<br /><span class="spread">other settings</span>` : undefined}`
      : html`<span class="quiet">–</span>`;
  return html`<tr>
    <th scope="row">${claim.text}</th>
    <td class="number" data-name="Paper">${paperDifference(part, judged)}</td>
    <td class="number" data-name="Committed">${cell(committed, part.outdated.committed)}</td>
    <td class="middle">
      ${main && drawInterval(main, committed && own?.mean, differenceText(main, digits))}
    </td>
    <td class="number" data-name="Yours">${cell(own, part.outdated.own)}</td>
    <td>${verdictOf(main)}</td>
  </tr> `;
}

/** "+34.1 to +42.3, 5 seeds" */
function bounds({ interval, seeds }: Difference, digits: number): string {
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  return [...(range ? [range] : []), counted(seeds, 'seed')].join(', ');
}

/** The same difference in the paper, where its two numbers are known; its direction otherwise. */
function paperDifference({ study }: Part, { claim }: JudgedClaim): string {
  const valueOf = (arm: string) =>
    study.paper.find((one) => one.arm === arm && one.metric === claim.metric)?.value;
  const [better, worse] = [valueOf(claim.better), valueOf(claim.worse)];
  if (better === undefined || worse === undefined) return 'higher';
  const difference = Number((better - worse).toFixed(2));
  return (difference > 0 ? '+' : '') + asPrinted(difference);
}
