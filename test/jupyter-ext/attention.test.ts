import { beforeAll, describe, expect, it } from 'vitest';
import * as core from '../../packages/core/src/attention';
import { attentionPage } from '../../packages/core/src/notebook';
import {
  BundleError,
  firstState,
  pageHtml,
  readAttention,
  readAttentionOutput,
  readWishes,
  type Attention,
  type ViewState,
} from '../../packages/jupyter-ext/src/attention';
import { colorOf, heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { moved, turned } from '../../packages/jupyter-ext/src/attention/keys';
import { atPatch, mapOf, readingOf, stackOf, through } from '../../packages/jupyter-ext/src/attention/maps';
import { chance, entropy, shareOn } from '../../packages/jupyter-ext/src/attention/measures';
import { orderBy, places, ranked } from '../../packages/jupyter-ext/src/attention/ranking';
import { prepare, shownFor, type Hover } from '../../packages/jupyter-ext/src/attention/shown';
import { fit, layersOf, readState, sourcesOf } from '../../packages/jupyter-ext/src/attention/state';
import { english } from '../../packages/jupyter-ext/src/attention/translate';
import * as words from '../../packages/jupyter-ext/src/attention/words';
import { objectsOf } from '../../packages/jupyter-ext/src/attention/wishes';
import { HEADS, LAYERS, QUERIES, sampleBundle } from './notebook';
import { sample } from './samples';

let bundle: core.AttentionBundle;
let attention: Attention;
let full: Attention;
let fullJson: Record<string, unknown>;

beforeAll(async () => {
  bundle = await sampleBundle();
  attention = readAttention(JSON.stringify(bundle));
  fullJson = await sample(1, { isFull: true, isQuantised: true });
  full = readAttention(fullJson);
});

const heads = ['mean', 'max', ...Array.from({ length: HEADS }, (_, head) => head)] as const;
const stateOf = (change: Partial<ViewState>, of = attention) => fit(of, { ...firstState(), ...change });

function show(of: Attention, change: Partial<ViewState> = {}, hover: Hover = {}) {
  const prepared = prepare(of, stateOf(change, of));
  return shownFor(prepared, hover, Math.max(...prepared.stack.tops));
}

describe('maps', () => {
  it.each(LAYERS)('have the library’s numbers: layer %i', (layer) => {
    for (const head of heads) {
      const stack = stackOf(attention, { source: 'attention', layer, head });
      for (let query = 0; query < QUERIES; query++) {
        const where = { layer, head, query };
        const expected = core.queryMap(bundle, where);
        expect(mapOf(stack, query)).toEqual(expected.values);
        expect(stack.cls[query]).toBe(core.classShare(bundle, where));
        expect(stack.entropies[query]).toBe(core.entropy(expected));
        const { row, column } = core.peak(expected);
        expect(stack.peaks[query]).toBe(row * attention.grid.columns + column);
        expect(stack.tops[query]).toBe(Math.max(...expected.values));
      }
    }
    const objects = Array.from({ length: 64 }, (_, patch) => patch % 3 === 0);
    const map = core.queryMap(bundle, { layer, head: 'mean', query: 1 });
    expect(shareOn(map.values, objects)).toBe(core.shareOn(map, objects));
    expect(chance(objects)).toBe(core.chance(objects));
  });

  it('of all layers are the mean or the largest of theirs', () => {
    const of = (layer: ViewState['layer']) =>
      stackOf(attention, { source: 'attention', layer, head: 'mean' });
    const each = LAYERS.map(of);
    for (const [p, value] of of('mean').heat.entries()) {
      expect(value).toBeCloseTo((each[0].heat[p] + each[1].heat[p]) / 2, 7);
    }
    expect(of('max').heat).toEqual(each[0].heat.map((value, p) => Math.max(value, each[1].heat[p])));
  });

  it('have the library’s numbers in every source, packed or not', async () => {
    for (const json of [fullJson, await sample(2, { isFull: true })]) {
      const [own, theirs] = [readAttention(json), core.readAttentionBundle(json)];
      for (const source of sourcesOf(own)) {
        for (const head of ['mean', 'max', 1] as const) {
          const stack = stackOf(own, { source, layer: 0, head });
          const choice = source === 'rollout' ? { source } : { source, layer: 0, head };
          for (let query = 0; query < 8; query++) {
            const where = { ...choice, query };
            expect(mapOf(stack, query)).toEqual(core.queryMap(theirs, where).values);
            expect(stack.cls[query]).toBe(core.classShare(theirs, where));
          }
        }
      }
    }
  });

  it('decode bytes with the scale of their row', () => {
    const stack = stackOf(full, { source: 'attention', layer: 2, head: 3 });
    const [, layer] = fullJson.layers as { heat: string; scale: string }[];
    const bytes = Buffer.from(layer.heat, 'base64');
    const scale = new Float32Array(new Uint8Array(Buffer.from(layer.scale, 'base64')).buffer);
    const [row, width] = [3 * 8 + 5, 16];
    for (let p = 0; p < width; p++) {
      expect(mapOf(stack, 5)[p]).toBe(Math.fround((bytes[row * width + p] * scale[row]) / 255));
    }
  });

  it('of attention add up to 1 with the class token, those of gradients need not', () => {
    for (const source of sourcesOf(full)) {
      const stack = stackOf(full, { source, layer: 'mean', head: 'mean' });
      const total = mapOf(stack, 3).reduce((a, b) => a + b, stack.cls[3]);
      if (source === 'gradients') expect([stack.unit, total < 0.1]).toEqual(['gradient', true]);
      else expect(total).toBeCloseTo(1, 2);
    }
    expect(layersOf(full, 'rollout')).toEqual([]);
    expect(sourcesOf(attention)).toEqual(['attention']);
  });

  it('lead from a token through the queries to the patches', () => {
    const reading = readingOf(full.tokens!, { layer: 2, head: 1 });
    const stack = stackOf(full, { source: 'attention', layer: 0, head: 'max' });
    const weights = reading.subarray(8, 16);
    const { map, cls } = through(weights, stack);
    const sumOver = (at: (query: number) => number) =>
      weights.reduce((total, weight, query) => total + weight * at(query), 0);
    for (const [p, value] of map.entries()) {
      expect(value).toBeCloseTo(
        sumOver((query) => mapOf(stack, query)[p]),
        6,
      );
    }
    expect(cls).toBeCloseTo(
      sumOver((query) => stack.cls[query]),
      6,
    );
  });
});

describe('queries', () => {
  it('are put into an order, equals as they were', () => {
    const stack = stackOf(attention, { source: 'attention', layer: 2, head: 'mean' });
    expect(orderBy(stack, 'number')).toEqual([...stack.peaks.keys()]);
    const entropies = orderBy(stack, 'entropy').map((query) => stack.entropies[query]);
    expect(entropies).toEqual([...entropies].sort((a, b) => a - b));
    const tops = orderBy(stack, 'peak').map((query) => stack.tops[query]);
    expect(tops).toEqual([...tops].sort((a, b) => b - a));
    expect(ranked([1, 3, 1, 2])).toEqual([1, 3, 0, 2]);
    expect(places([1, 3, 1, 2])).toEqual([3, 1, 4, 2]);
  });

  it('are marked by the patch that is pointed at, and moved only when it is kept', () => {
    const pointed = show(attention, {}, { patch: 9 });
    expect(pointed.marks!.values).toEqual(atPatch(pointed.stack, 9));
    expect(pointed.order).toEqual([...pointed.order.keys()]);
    const kept = show(attention, { patch: 9 }, { patch: 3 });
    expect(kept.patch).toBe(3);
    expect(kept.marks!.index).toBe(9);
    expect(kept.order).toEqual(ranked(atPatch(kept.stack, 9)));
  });

  it('are marked by the token that is followed, and tell which tokens read them', () => {
    const shown = show(full, { token: 2 });
    expect(shown.subject).toEqual({ kind: 'token', index: 2 });
    expect(shown.marks!.values).toEqual(shown.token!.subarray(16, 24));
    expect(shown.onQueries).toBeCloseTo(
      shown.marks!.values.reduce((a, b) => a + b, 0),
      6,
    );
    expect(shown.top).toBe(shown.map[shown.peak]);
    const query = show(full, { token: 2 }, { query: 5 });
    expect(query.subject).toEqual({ kind: 'query', index: 5 });
    expect(query.readers.token).toEqual(
      Float32Array.from(full.tokens!.tokens, (_, t) => query.token![t * 8 + 5]),
    );
    expect(show(full, { step: 1 }).subject.kind).toBe('step');
  });

  it('are looked at while they are pointed at, unless one is locked', () => {
    const subject = (state: Partial<ViewState>, hover: Hover) => show(full, state, hover).subject;
    expect(subject({ query: 3 }, { query: 5, token: 1 })).toEqual({ kind: 'query', index: 5 });
    expect(subject({ query: 3 }, { token: 1 })).toEqual({ kind: 'token', index: 1 });
    expect(subject({ query: 3, locked: true, token: 1 }, { query: 5 })).toEqual({ kind: 'query', index: 3 });
    expect(subject({ query: 3 }, {})).toEqual({ kind: 'query', index: 3 });
  });

  it('are not decoded anew where nothing of theirs changes', () => {
    const first = prepare(full, stateOf({}, full));
    const next = prepare(full, stateOf({ query: 4, locked: true, sort: 'peak' }, full), first);
    expect([next.stack, next.token, next.step]).toEqual([first.stack, first.token, first.step]);
    expect(next.stack).toBe(first.stack);
    expect(prepare(full, stateOf({ head: 1 }, full), first).stack).not.toBe(first.stack);
  });
});

describe('the state', () => {
  it('begins with what the notebook asks for, as far as there is such a thing', () => {
    expect(stateOf({})).toMatchObject({ query: 0, layer: LAYERS[1], head: 'mean', scale: 'all' });
    const wishes = { layer: 0, head: 3, queries: [5, 1] };
    expect(fit(attention, firstState(wishes))).toMatchObject({ layer: 0, head: 3, query: 5 });
    const wrong = firstState({ layer: 1, head: HEADS, queries: [99] });
    expect(fit(attention, wrong)).toEqual(stateOf({}));
  });

  it('outlives a bundle of another size', () => {
    const state = stateOf({ query: 7, head: 3, token: 2, step: 1, patch: 12, source: 'rollout' }, full);
    expect(fit({ ...full, queries: 4, heads: 2 }, state)).toEqual({ ...state, query: 0, head: 'mean' });
    expect(fit(full, state)).toEqual(state);
    expect(fit(attention, state)).toMatchObject({ source: 'attention', token: null, step: null, patch: 12 });
  });

  it('is plain JSON, and takes from anywhere only what is of the right kind', () => {
    const state = stateOf({ query: 7, layer: 'max', patch: 3, reading: { layer: 2, head: 1 } }, full);
    expect(readState(JSON.parse(JSON.stringify(state)), firstState())).toEqual(state);
    const bad = Object.fromEntries(Object.keys(state).map((key) => [key, { evil: [NaN] }]));
    expect(readState(bad, state)).toEqual(state);
    const negative = { item: -1, query: 1.5, patch: -3, token: 'a', head: -2, layer: Infinity };
    expect(readState(negative, state)).toEqual(state);
    for (const none of [null, undefined, 3, 'a', []]) expect(readState(none, state)).toEqual(state);
  });

  it('takes nothing from metadata that is not of the right kind', () => {
    const objects = new Array<boolean>(64).fill(true);
    const good = { layer: 2, head: 'max', queries: [1], objects, caption: '<b>' };
    expect(readWishes(good)).toEqual(good);
    expect(objectsOf(readWishes(good), attention.grid)).toEqual(objects);
    expect(objectsOf(readWishes(good), { rows: 4, columns: 4 })).toBeUndefined();
    const bad = { layer: '2', head: 'min', queries: [null], objects: [1], caption: {} };
    expect(readWishes(bad)).toEqual({});
    expect(readWishes(undefined)).toEqual({});
  });
});

describe('the scale', () => {
  it('is shared by all queries, or each query’s own', () => {
    const all = show(attention, { query: 14 });
    const own = show(attention, { query: 14, scale: 'own' });
    expect(all.top).toBe(all.sharedTop);
    expect(all.top).toBe(Math.max(...all.stack.heat));
    expect(own.top).toBe(own.map[own.peak]);
    expect(own.top).toBeLessThan(all.top);
  });

  it.each(['viridis', 'cividis'] as const)(
    'goes from dark to bright in even steps of lightness: %s',
    (paint) => {
      const lightness = Array.from({ length: 21 }, (_, i) => {
        const [r, g, b] = colorOf(i / 20, paint);
        return 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
      });
      expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
    },
  );

  it('ends in the colours of the maps', () => {
    const ends = (paint: 'viridis' | 'cividis') => [0, 1].map((t) => colorOf(t, paint).slice(0, 3));
    expect(ends('viridis')).toEqual([
      [68, 1, 84],
      [253, 231, 37],
    ]);
    expect(ends('cividis')).toEqual([
      [0, 34, 78],
      [254, 232, 56],
    ]);
  });

  it('lights the picture where the query looks', () => {
    expect(colorOf(1, 'light')).toEqual([0, 0, 0, 0]);
    expect([...heatPixels(Float32Array.of(0.5, 0), 0.5, 'light')]).toEqual([0, 0, 0, 0, 0, 0, 0, 199]);
    // A query that looks at no patch at all.
    expect([...heatPixels(Float32Array.of(0), 0, 'light')]).toEqual([0, 0, 0, 199]);
  });
});

it('keys walk over patches up to the edge, and around the queries', () => {
  const grid = { rows: 2, columns: 3 };
  const walk = (from: number, ...keys: string[]) => keys.map((key) => moved(from, key, grid));
  expect(walk(0, 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown', 'End')).toEqual([0, 0, 1, 3, 2]);
  expect(walk(5, 'ArrowRight', 'ArrowDown', 'ArrowUp', 'Home', 'a')).toEqual([5, 5, 2, 3, undefined]);
  expect([turned(0, 'ArrowLeft', 4), turned(3, 'ArrowDown', 4), turned(2, 'End', 4)]).toEqual([3, 0, 3]);
  expect([turned(1, 'ArrowDown', 7, 3), turned(5, 'ArrowDown', 7, 3), turned(2, 'ArrowUp', 7, 3)]).toEqual([
    4, 5, 2,
  ]);
  expect(turned(0, 'Tab', 4)).toBeUndefined();
});

it('tells in words what is seen', () => {
  const shown = show(attention, { layer: 0, head: 1 });
  expect(words.describeShown(english, shown, attention)).toBe(
    'Query 0, layer 0, head 1: looks most at row 1, column 2 (17.0%), 5.00% on the class token.',
  );
  expect(words.describePatch(english, 9, shown, attention)).toBe(
    'Row 2, column 2: 12.2% of query 0’s attention',
  );
  expect([0, 0.0123, 0.5, 1].map(words.percent)).toEqual(['0.0%', '1.23%', '50.0%', '100.0%']);
  const token = show(full, { token: 1, source: 'rollout' });
  expect(words.describeShown(english, token, full)).toMatch(
    /^“\w+”, rollout through all layers: looks most at row \d, column \d \(.*%\), .* on the class token\. [\d.]+% of it is on the queries\. Read by “\w+”: query \d most\.$/,
  );
  const weighted = show(full, { source: 'gradients' }, { patch: 0 });
  expect(words.describePatch(english, 0, weighted, full)).toMatch(/^Row 1, column 1: [\d.e-]+ for query 0$/);
  expect(words.noteFor(english, weighted, full)).toContain('gradient of the ITM score of the text');
  expect(words.noteFor(english, token, full)).toMatch(
    /^From “\w+” to the queries \(mean of 2 layers, mean of 4 heads\)/,
  );
  expect(words.noteFor(english, shown, attention)).toBe('');
  const briefly = [0, 0.0012, 0.0375, 0.123].map((value) => words.brief(value, 'share'));
  expect(briefly).toEqual(['0.00%', '0.12%', '3.8%', '12%']);
  expect(['Ġred', '##s', '\n', ' ', '▁a'].map(words.tokenText)).toEqual(['red', '##s', '␣', '␣', 'a']);
  expect(english('%1 of %2, %1%', 1, '%1')).toBe('1 of %1, 1%');
  expect(entropy(Float32Array.of(0, 0))).toBe(0);
});

it('an output is a bundle or a set, and anything else an error', () => {
  expect(readAttentionOutput(bundle)).toEqual(attention);
  const set = { format: 'application/vnd.blip2.attention-set.v1+json', items: [{ name: 'a', bundle }] };
  expect(readAttentionOutput(JSON.stringify(set))).toMatchObject({ items: [{ name: 'a' }] });
  expect(() => readAttentionOutput({ format: 'x' })).toThrow(BundleError);
});

it('pages of the view and of the library may load the same: nothing', () => {
  const policyOf = (html: string) => /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
  const own = policyOf(pageHtml({ title: 'a', script: '', json: bundle }));
  expect(own).toMatch(/^default-src 'none';/);
  expect(policyOf(attentionPage(bundle))).toBe(own);
});
