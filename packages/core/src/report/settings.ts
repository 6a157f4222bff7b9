/** What the numbers of a study came from: its runs with their settings, and the machine. Folded away. */
import type { StudyResult } from '../studies';
import { html, type Html } from './html';
import { day, duration } from './numbers';
import { resultsOf, type Part } from './part';

export function settings(part: Part): Html | undefined {
  const sides = (['Yours', 'Committed'] as const)
    .map((whose) => ({ whose, results: resultsOf(part, whose) }))
    .filter(({ results }) => results.length > 0);
  if (sides.length === 0) return undefined;
  return html`<details class="printed">
    <summary>Settings, runs and machines</summary>
    ${sides.map(
      ({ whose, results }) =>
        html`<h3>${whose}</h3>
          ${runTable(results)}${origins(results)}`,
    )}
  </details> `;
}

/** Seeds differ in nothing but the seed, so a run is one row, with the hash of its recipe for each seed. */
function runTable(results: readonly StudyResult[]): Html {
  const runs = results.flatMap(({ seed, runs }) => runs.map((run) => ({ ...run, seed })));
  const rows = groupBy(runs, ({ name, steps, batchSize, learningRate }) =>
    JSON.stringify([name, steps, batchSize, learningRate]),
  ).map((seeds) => {
    const [{ name, steps, batchSize, learningRate }] = seeds;
    const hashes = seeds.map(
      ({ seed, hash }) => html`<code title="seed ${seed}: ${hash}">${hash.slice(0, 8)}</code> `,
    );
    return html`<tr>
      <th scope="row">${name}</th>
      <td class="number">${steps.toLocaleString('en')}</td>
      <td class="number">${batchSize}</td>
      <td class="number">${learningRate}</td>
      <td>${hashes}</td>
    </tr> `;
  });
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col" class="number">Steps</th>
          <th scope="col" class="number">Batch</th>
          <th scope="col" class="number">Learning rate</th>
          <th scope="col">Recipe, by seed</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div> `;
}

/** Where and when, and by which command: once for all seeds that share a machine; the last one's command makes all. */
function origins(results: readonly StudyResult[]): Html[] {
  const alike = ({ scale, environment }: StudyResult) => JSON.stringify([scale, environment]);
  return groupBy(results, alike).map((seeds) => {
    const { scale, environment, command } = seeds.at(-1)!;
    const time = duration(seeds.reduce((sum, { seconds }) => sum + seconds, 0));
    const finished = lastDay(seeds);
    return html`<p class="small quiet">
      ${seeds.length === 1 ? 'Seed' : 'Seeds'} ${seeds.map(({ seed }) => seed).join(', ')}, size ${scale}:
      ${machine(environment)}. ${time}, finished on ${finished}. <code>${command}</code>
    </p> `;
  });
}

/** Items with equal keys together, in the order of the first of each. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

/** The day on which the last of some results was finished. */
export function lastDay(results: readonly StudyResult[]): string {
  return day(results.map(({ finished }) => finished).reduce((a, b) => (a > b ? a : b)));
}

/** A processor and the software on it in one line. */
export function machine(environment: StudyResult['environment']): string {
  const { blip2, node, tensorflow, cpu, features, threads } = environment;
  const units = features?.length ? ` (${features.join(', ')})` : '';
  const lanes = threads === undefined ? '' : `, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `${cpu}${units}${lanes}, Node ${node}, TensorFlow ${tensorflow}, blip2 ${blip2}`;
}
