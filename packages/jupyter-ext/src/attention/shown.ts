/** All that is on view, for every part of the view: chosen by the state, and pointed at for a moment. P patches. */
import type { Attention } from './bundle';
import { atPatch, mapOf, readingOf, stackOf, through, type Stack } from './maps';
import { entropy, peak, sum } from './measures';
import { orderBy, ranked } from './ranking';
import type { ViewState } from './state';

/** What the pointer or the keyboard is on: looked at while it stays there. */
export interface Hover {
  query?: number;
  patch?: number;
  token?: number;
  step?: number;
}

/** What the large picture is about. */
export interface Subject {
  kind: 'query' | 'token' | 'step';
  index: number;
}

/** What every query is marked with: how much it looks at a patch, or how much a token reads it. */
export interface Marks {
  by: 'patch' | 'token' | 'step';
  index: number;
  /** [Q] */
  values: Float32Array;
}

/** Decoded and reduced for a state; what pointing does not change. */
export interface Prepared {
  state: ViewState;
  stack: Stack;
  /** How tokens read queries: [T, Q]; none where the bundle has no such tokens. */
  token?: Float32Array;
  step?: Float32Array;
  /** Queries, in the order of the small pictures: what is kept moves them about, what is pointed at does not. */
  order: number[];
}

/** Everything that a part of the view draws. */
export interface Shown extends Prepared {
  subject: Subject;
  /** The subject's map: [P]. */
  map: Float32Array;
  /** The class token's part. */
  cls: number;
  /** How much a token reads the queries in all. */
  onQueries?: number;
  /** The value at the scale's upper end; the lower is 0. */
  top: number;
  /** The same where all queries share one. */
  sharedTop: number;
  /** Index of the patch that gets most. */
  peak: number;
  /** In bits. */
  entropy: number;
  marks?: Marks;
  /** The patch that is pointed at, or else the one that stays marked. */
  patch?: number;
  /** By how much of every token this query is read: [T]; where a query is the subject. */
  readers: { token?: Float32Array; step?: Float32Array };
}

/** @param state as `fit` returns it @param before what is still right in it is kept */
export function prepare(attention: Attention, state: ViewState, before?: Prepared): Prepared {
  const same = (...keys: (keyof ViewState)[]) =>
    before !== undefined &&
    keys.every((key) => JSON.stringify(before.state[key]) === JSON.stringify(state[key]));
  const { tokens, generated } = attention;
  const prepared = {
    state,
    stack: same('source', 'layer', 'head') ? before!.stack : stackOf(attention, state),
    ...(tokens && { token: same('reading') ? before!.token : readingOf(tokens, state.reading) }),
    ...(generated && { step: same('writing') ? before!.step : readingOf(generated, state.writing) }),
  };
  const kept = marksFor(prepared, {});
  return { ...prepared, order: kept ? ranked(kept.values) : orderBy(prepared.stack, state.sort) };
}

/** A locked query goes first; then what is pointed at; then the token that is followed; then the chosen query. */
export function subjectOf({ state, stack, ...tables }: Prepared, hover: Hover): Subject {
  const chosen = { kind: 'query' as const, index: state.query };
  if (state.locked) return chosen;
  if (hover.query !== undefined && hover.query < stack.queries) return { kind: 'query', index: hover.query };
  return followed(tables, hover) ?? followed(tables, state) ?? chosen;
}

type Followed = Pick<Prepared, 'token' | 'step'>;

/** The token that is meant, if the bundle has such tokens. */
function followed(
  tables: Followed,
  from: { token?: number | null; step?: number | null },
): { kind: 'token' | 'step'; index: number } | undefined {
  for (const kind of ['token', 'step'] as const) {
    const index = from[kind];
    if (typeof index === 'number' && tables[kind]) return { kind, index };
  }
  return undefined;
}

/** @param top the scale's upper end where all queries share one */
export function shownFor(prepared: Prepared, hover: Hover, top: number): Shown {
  const { state, stack } = prepared;
  const subject = subjectOf(prepared, hover);
  const weights = subject.kind === 'query' ? undefined : weightsOf(prepared, subject.kind, subject.index);
  const { map, cls } = weights
    ? through(weights, stack)
    : { map: mapOf(stack, subject.index), cls: stack.cls[subject.index] };
  const highest = peak(map);
  // A token's map is too faint for the queries' scale.
  const isShared = state.scale === 'all' && !weights;
  const patch = hover.patch ?? state.patch ?? undefined;
  const marks = marksFor(prepared, hover);
  const readersOf = (table?: Float32Array) =>
    table && subject.kind === 'query' ? column(table, subject.index, stack.queries) : undefined;
  return {
    ...prepared,
    subject,
    map,
    cls,
    ...(weights && { onQueries: sum(weights) }),
    top: isShared ? top : map[highest],
    sharedTop: top,
    peak: highest,
    entropy: entropy(map),
    ...(marks && { marks }),
    ...(patch !== undefined && patch < stack.patches && { patch }),
    readers: { token: readersOf(prepared.token), step: readersOf(prepared.step) },
  };
}

function marksFor(prepared: Omit<Prepared, 'order'>, hover: Hover): Marks | undefined {
  const { state, stack } = prepared;
  const patch = state.patch ?? hover.patch;
  if (patch !== undefined && patch < stack.patches) {
    return { by: 'patch', index: patch, values: atPatch(stack, patch) };
  }
  const token = followed(prepared, hover) ?? followed(prepared, state);
  return (
    token && { by: token.kind, index: token.index, values: weightsOf(prepared, token.kind, token.index) }
  );
}

/** How much a token reads every query: [Q]; nothing, if there is no such token. */
function weightsOf(
  { stack: { queries }, ...tables }: Omit<Prepared, 'order'>,
  kind: 'token' | 'step',
  index: number,
): Float32Array {
  const row = tables[kind]!.subarray(index * queries, (index + 1) * queries);
  return row.length === queries ? row : new Float32Array(queries);
}

/** One column of [T, width]: [T] */
function column(table: Float32Array, index: number, width: number): Float32Array {
  return Float32Array.from({ length: table.length / width }, (_, row) => table[row * width + index]);
}
