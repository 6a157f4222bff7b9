/** One study: what it shows, what was found, curves, numbers, and how to make it again. */
import { commandBox } from './command';
import { curves } from './curves';
import { findingBlock } from './finding';
import { html, type Html } from './html';
import { measurementTable } from './measurementTable';
import { duration } from './numbers';
import type { Part } from './part';
import { settings } from './settings';
import { marked } from './verdict';

/** @param examples of what was said of pictures, if there are any */
export function studySection(part: Part, examples?: Html): Html {
  const { study, committed, own, claims } = part;
  const isMeasured = committed.length + own.length > 0;
  return html`<section id="${study.name}">
    <h2>${study.title}</h2>
    <p class="source">${study.source}</p>
    <p class="announcement">${study.announcement}</p>
    ${staleness(part)} ${isMeasured ? claims.map(findingBlock) : undefined} ${curves(part)}
    ${measurementTable(part)} ${examples} ${settings(part)} ${howToMake(part)}
  </section> `;
}

/** Says so where results were made with other settings or towers than the study has now. */
function staleness({ outdated: { committed, own } }: Part): Html | undefined {
  if (!committed && !own) return undefined;
  const whose = [...(committed ? ['committed'] : []), ...(own ? ['your'] : [])].join(' and ');
  return html`<p class="small">
    ${marked('open', 'Other settings')}: the ${whose} results were made with other settings or frozen towers
    than this study has now, and are shown as they are.
  </p> `;
}

/** The command that makes the reader's own results again, or for the first time. */
function howToMake({ study, own }: Part): Html {
  const command = own.at(-1)?.command ?? `npx blip2 reproduce ${study.name}`;
  const time = (scale: 'short' | 'full') => duration(study.seconds[scale]);
  const why =
    own.length > 0
      ? 'To make your results again:'
      : html`You have not run this study yet. One seed takes about ${time('full')} on two cores
          (${time('short')} with <code>--size short</code>):`;
  return html`<div class="make">
    <p class="small quiet">${why}</p>
    ${commandBox(command)}
  </div> `;
}
