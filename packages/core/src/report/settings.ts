/** What the numbers of a study came from: its runs with their settings, and the machine. Folded away. */
import type { StudyResult } from '../studies';
import { html, type Html } from './html';
import { day, duration } from './numbers';
import type { Part } from './part';

export function settings({ committed, own }: Part): Html | undefined {
  const sources = [
    { name: 'Yours', results: own },
    { name: 'Committed', results: committed },
  ].filter(({ results }) => results.length > 0);
  if (sources.length === 0) return undefined;
  return html`<details>
    <summary>Settings, runs and machines</summary>
    ${sources.map(
      ({ name, results }) =>
        html`<h3>${name}</h3>
          ${runTable(results)}${results.map(origin)}`,
    )}
  </details> `;
}

function runTable(results: readonly StudyResult[]): Html {
  const rows = results.flatMap(({ seed, runs }) =>
    runs.map(
      ({ name, hash, steps, batchSize, learningRate }) =>
        html`<tr>
          <td class="number">${seed}</td>
          <td>${name}</td>
          <td class="number">${steps.toLocaleString('en')}</td>
          <td class="number">${batchSize}</td>
          <td class="number">${learningRate}</td>
          <td><code title="${hash}">${hash.slice(0, 8)}</code></td>
        </tr> `,
    ),
  );
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">Seed</th>
          <th scope="col">Run</th>
          <th scope="col" class="number">Steps</th>
          <th scope="col" class="number">Batch</th>
          <th scope="col" class="number">Learning rate</th>
          <th scope="col">Recipe</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div> `;
}

function origin({ seed, scale, environment, seconds, finished, command }: StudyResult): Html {
  return html`<p class="small quiet">
    Seed ${seed}, scale ${scale}: ${machine(environment)}; ${duration(seconds)}, finished on ${day(finished)}.
    <code>${command}</code>
  </p> `;
}

/** A processor and the software on it in one line. */
export function machine(environment: StudyResult['environment']): string {
  const { blip2, node, tensorflow, cpu, features, threads } = environment;
  const units = features?.length ? ` (${features.join(', ')})` : '';
  const lanes = threads === undefined ? '' : `, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `${cpu}${units}${lanes}, Node ${node}, TensorFlow ${tensorflow}, blip2 ${blip2}`;
}
