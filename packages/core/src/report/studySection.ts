/** One study: what it shows, what was found, curves, numbers, and how to make it again. */
import { commandBox } from './command';
import { curves } from './curves';
import { findingBlock } from './finding';
import { html, type Html } from './html';
import { measurementTable } from './measurementTable';
import { duration } from './numbers';
import type { Part } from './part';
import { scaleNote } from './scaleNote';
import { settings } from './settings';
import { marked } from './verdict';

/** @param examples of what was said of pictures, if there are any */
export function studySection(part: Part, examples?: Html): Html {
  const { study, sources, claims } = part;
  const isMeasured = sources.length > 0;
  return html`<section id="${study.name}">
    <h2>${study.title}</h2>
    <p class="source">${study.source}</p>
    <p class="announcement">${study.announcement}</p>
    ${staleness(part)} ${isMeasured ? claims.map(findingBlock) : undefined} ${curves(part)}
    ${measurementTable(part)} ${examples} ${settings(part)} ${howToMake(part)}
  </section> `;
}

/** Says so where results were made with other settings or towers than the study has now. */
function staleness({ sources }: Part): Html | undefined {
  const outdated = sources.filter(({ isOutdated }) => isOutdated);
  if (outdated.length === 0) return undefined;
  const names = outdated.map(
    (source) => `${source.whose === 'Yours' ? 'your' : 'the committed'} results${scaleNote(source)}`,
  );
  return html`<p class="small">
    ${marked('open', 'Other settings')}: ${names.join(' and ')} were made with other settings or frozen towers
    than this study has now, and are shown as they are.
  </p> `;
}

/** The commands that make the reader's own results again, of each scale, or for the first time. */
function howToMake({ study, sources }: Part): Html {
  const own = sources.filter(({ whose }) => whose === 'Yours').map(({ results }) => results.at(-1)!.command);
  const time = (scale: 'short' | 'full') => duration(study.seconds[scale]);
  const why =
    own.length > 0
      ? 'To make your results again:'
      : html`You have not run this study yet. One seed takes about ${time('full')} on two cores
          (${time('short')} with <code>--size short</code>):`;
  const commands = own.length > 0 ? own : [`npx blip2 reproduce ${study.name}`];
  return html`<div class="make">
    <p class="small quiet">${why}</p>
    ${commands.map(commandBox)}
  </div> `;
}
