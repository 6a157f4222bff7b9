/** Pictures of the test split with what models say about them, and where a model's queries look. */
import { layerOf, queryMap, shareOn, type AttentionBundle } from '../attention';
import { encodePng, type ImageSource } from '../image';
import { explorerPlace, explorerScript } from '../notebook';
import { html, Html } from './html';
import { mark } from './verdict';

/** A picture and what was made of it. */
export interface Sample {
  image: ImageSource;
  /** What each author (a model, the web, the world itself) says; `right`: whether it is true, where that is known. */
  captions: readonly { by: string; text: string; right?: boolean }[];
  answers: readonly { question: string; answer: string; by: string; right?: boolean }[];
  attention?: AttentionBundle;
  /** The patches of `attention` that show objects (`patchesOn`): each query's share on them is written below it. */
  objects?: readonly boolean[];
}

/** Pixels of a picture's shorter side, at least: small pictures stay sharp also where the page is printed. */
const SIDE = 192;

export async function samplesSection(samples: readonly Sample[]): Promise<Html> {
  const script = samples.some(({ attention }) => attention) ? explorerScript() : undefined;
  const cards = await Promise.all(samples.map((sample, index) => card(sample, index, script !== undefined)));
  return html`<section id="pictures">
    <h2>Pictures, captions, answers</h2>
    <p class="source">Zero-shot, from the test split</p>
    <p>
      Test pictures with what the models say about them, right or wrong as the world itself tells. Below each:
      where the queries of the Q-Former look. A patch is as bright as its share of the query’s attention (mean
      over heads); all tiles of a row share one scale. Where scripts run, the same is there to be explored.
    </p>
    ${script === undefined ? undefined : new Html(script)}${cards}
  </section> `;
}

async function card(
  { image, captions, answers, attention, objects }: Sample,
  index: number,
  isExplored: boolean,
): Promise<Html> {
  const { png } = await encodePng(image, SIDE);
  const said = captions.map(
    ({ by, text, right }) => html`<li>${mark(right)}“${text}” <span class="quiet small">${by}</span></li> `,
  );
  const questions = [...new Set(answers.map(({ question }) => question))];
  const told = questions.map((question) => {
    const replies = answers.filter((one) => one.question === question);
    return html`<li>
      ${question}
      ${replies.map(({ answer, by, right }) => html`<br />${mark(right)}<strong>${answer}</strong> <span class="quiet small">${by}</span>`)}
    </li> `;
  });
  return html`<div class="sample">
    <img
      src="data:image/png;base64,${png.toString('base64')}"
      alt="${captions.at(0)?.text ?? 'test picture'}"
    />
    <div>${list('Captions', said)}${list('Questions', told)}</div>
    ${attention && heat(attention, objects, index, isExplored)}
  </div> `;
}

const list = (title: string, items: readonly Html[]) =>
  items.length === 0
    ? undefined
    : html`<h3>${title}</h3>
        <ul>
          ${items}
        </ul> `;

/**
 * The last layer in the open, those before it folded; in its place the explorer where scripts run, but not on paper.
 */
function heat(
  bundle: AttentionBundle,
  objects: readonly boolean[] | undefined,
  index: number,
  isExplored: boolean,
): Html {
  const last = layerOf(bundle);
  const earlier = bundle.layers.filter((one) => one !== last);
  const id = `sample-${index}`;
  const { rows, columns } = bundle.grid;
  // The picture is in the file once; tiles refer to it.
  const source = new Html(
    `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><image id="${id}" href="${bundle.image.url}" width="${columns}" height="${rows}" preserveAspectRatio="none"/></svg>`,
  );
  const ofLayer = (layer: number) => layerTiles(bundle, layer, objects, id);
  const folded = html`<details>
    <summary>Earlier layers</summary>
    ${earlier.map(({ layer }) => ofLayer(layer))}
  </details> `;
  const explorer = isExplored ? new Html(explorerPlace(bundle, `${id}-explorer`, objects)) : undefined;
  return html`<div class="heat">
    <div class="still">${source} ${ofLayer(last.layer)}${earlier.length > 0 ? folded : undefined}</div>
    ${explorer}
  </div> `;
}

function layerTiles(
  bundle: AttentionBundle,
  layer: number,
  objects: readonly boolean[] | undefined,
  id: string,
): Html {
  const maps = Array.from({ length: bundle.queries }, (_, query) => queryMap(bundle, { layer, query }));
  const largest = Math.max(...maps.flatMap((map) => [...map.values]));
  const tiles = maps.map((map, query) => {
    const share = objects && `${Math.round(100 * shareOn(map, objects))}% on objects`;
    return html`<figure>
      <svg viewBox="0 0 ${map.columns} ${map.rows}" role="img">
        <title>${`Query ${query}, layer ${layer}${share ? `: ${share}` : ''}`}</title>
        <use href="#${id}" />
        ${shade(map.values, map.columns, largest)}
      </svg>
      <figcaption>query ${query}${share && html`<br />${share}`}</figcaption>
    </figure> `;
  });
  return html`<p class="quiet small">
      Queries in layer
      ${layer}${bundle.text === undefined ? undefined : html` beside the text “${bundle.text}”`}
    </p>
    <div class="tiles">${tiles}</div> `;
}

/** Darkness in this many steps: patches of equal darkness are one path. */
const SHADES = 16;
/** Darkness of a patch that gets no attention. */
const DARKEST = 0.75;

function shade(values: Float32Array, columns: number, largest: number): Html {
  const paths = new Map<number, string>();
  for (const [patch, value] of values.entries()) {
    const step = Math.round(SHADES * (1 - value / largest));
    const square = `M${patch % columns} ${Math.floor(patch / columns)}h1v1h-1z`;
    paths.set(step, (paths.get(step) ?? '') + square);
  }
  paths.delete(0);
  const drawn = [...paths].map(
    ([step, path]) => `<path d="${path}" fill-opacity="${((DARKEST * step) / SHADES).toFixed(2)}"/>`,
  );
  return new Html(`<g shape-rendering="crispEdges">${drawn.join('')}</g>`);
}
