/** What models said of test pictures in a study: a card for each picture, with what was asked and what came. */
import { encodePng } from '../image';
import type { ShapesDataset } from '../data';
import { dataFor, variantOf, type Example, type ExampleTurn } from '../studies';
import { html, type Html } from './html';
import type { Part } from './part';
import { scaleNote } from './scaleNote';
import { pictureOf } from './shapesSamples';
import { mark } from './verdict';

/** Pixels of a picture's side. */
const SIDE = 128;
/** Of each kind so many are in the open, the others folded. */
const OPEN = 6;

/** Of the first result that has any: the committed ones come first, as everywhere. */
export async function examplesOf({ sources }: Part): Promise<Html | undefined> {
  const all = sources.flatMap(({ whose, results }) => results.map((result) => ({ whose, result })));
  const first = all.find(({ result }) => result.examples?.length);
  if (!first) return undefined;
  const { whose, result } = first;
  const { examples = [], seed } = result;
  const worlds = new Map<string, ShapesDataset>();
  const worldOf = (example: Example): ShapesDataset => {
    const key = JSON.stringify(example.world ?? {});
    const world = worlds.get(key) ?? variantOf(dataFor(result.scale), example.world ?? {});
    worlds.set(key, world);
    return world;
  };
  const kinds = [...new Set(examples.map(({ kind }) => kind))];
  const groups = kinds.map(async (kind) => {
    const ofKind = examples.filter((example) => example.kind === kind);
    const cards = await Promise.all(ofKind.map((example) => card(example, worldOf(example))));
    return group(kind, cards);
  });
  return html`<h3>Examples</h3>
    <p class="quiet small">
      Test pictures and what was said of them; seed ${seed},
      ${whose.toLowerCase()}${scaleNote({ results: [result] })}.
    </p>
    ${await Promise.all(groups)}`;
}

function group(kind: string, cards: readonly Html[]): Html {
  const rest = cards.slice(OPEN);
  const folded = html`<details class="printed">
    <summary>${rest.length} more</summary>
    <div class="examples">${rest}</div>
  </details> `;
  return html`<p class="kind">${kind}</p>
    <div class="examples">${cards.slice(0, OPEN)}</div>
    ${rest.length > 0 ? folded : undefined}`;
}

async function card({ by, picture, said }: Example, { test }: ShapesDataset): Promise<Html> {
  const { png } = await encodePng(pictureOf(test, picture), SIDE);
  return html`<div class="example">
    <img
      src="data:image/png;base64,${png.toString('base64')}"
      alt="${test.captions(picture).at(0) ?? 'test picture'}"
    />
    <div>
      ${said.map(turn)}
      <p class="quiet small">${by}</p>
    </div>
  </div> `;
}

/** What was right is told where it is not what was said. */
function turn({ prompt, text, truth, right }: ExampleTurn): Html {
  const asked = prompt === '' ? undefined : html`<span class="quiet">${prompt}</span><br />`;
  const correction = truth !== undefined && right === false && html` <span class="quiet">(${truth})</span>`;
  return html`<p>${asked}${mark(right)}<strong>${text}</strong>${correction || undefined}</p> `;
}
