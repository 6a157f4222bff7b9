/** A study's part of the report: its results, committed and the reader's own, and what they say about its claims. */
import { digitsFor, digitsForInterval } from './numbers';
import {
  inputsHash,
  judge,
  SCALES,
  type Claim,
  type Finding,
  type Study,
  type StudyResult,
} from '../studies';

/** Results of a study that are shown together, and averaged: of one scale, by seed. */
export interface Source {
  whose: 'Committed' | 'Yours';
  results: readonly StudyResult[];
  /** They were made with other settings or towers than the study has now. */
  isOutdated: boolean;
}

/** By how much the better arm of a claim is above the worse one, in at least one seed of a source. */
export interface Difference {
  source: Source;
  mean: number;
  /** 95% interval of the mean; a single seed has none. */
  interval?: readonly [low: number, high: number];
  seeds: number;
  /** How many of them lack what the claim needs. */
  unfit: number;
  verdict: Finding['verdict'];
}

export interface JudgedClaim {
  claim: Claim;
  /** Digits after the point, for its differences. */
  digits: number;
  /** Of the sources that measured it, in their order; the verdict is that of the first. */
  found: readonly Difference[];
}

export interface Part {
  study: Study;
  /** The committed results first, then the reader's own, the largest scale first; only those that there are. */
  sources: readonly Source[];
  claims: readonly JudgedClaim[];
}

/** The part of each study, in the order of the studies. */
export function partsOf(
  studies: readonly Study[],
  committed: readonly StudyResult[],
  own: readonly StudyResult[],
): Part[] {
  return studies.map((study) => {
    const sources = [...sourcesOf('Committed', study, committed), ...sourcesOf('Yours', study, own)];
    const measured = sources.flatMap(({ results }) => results.flatMap(({ measurements }) => measurements));
    const claims = study.claims.map((claim) => {
      const found = sources.flatMap((source) => differenceOf(claim, source) ?? []);
      const values = measured.filter(({ metric }) => metric === claim.metric).map(({ value }) => value);
      const digits = digitsForInterval(digitsFor(values), found.at(0)?.interval);
      return { claim, digits, found };
    });
    return { study, sources, claims };
  });
}

function sourcesOf(whose: Source['whose'], study: Study, all: readonly StudyResult[]): Source[] {
  return SCALES.flatMap((scale) => {
    const results = all
      .filter((result) => result.study === study.name && result.scale === scale)
      .sort((a, b) => a.seed - b.seed);
    if (results.length === 0) return [];
    // Those of now and others must not be averaged: others are shown only where there are none of now.
    const inputs = inputsHash(study, scale);
    const current = results.filter((result) => result.inputs === inputs);
    const isOutdated = current.length === 0;
    return { whose, results: isOutdated ? results : current, isOutdated };
  });
}

function differenceOf(claim: Claim, source: Source): Difference | undefined {
  const { mean, low, high, n, unfit, verdict } = judge(claim, source.results);
  if (mean === null) return undefined;
  const interval = low === null || high === null ? undefined : ([low, high] as const);
  return { source, mean, interval, seeds: n, unfit, verdict };
}

/** All results of one side. */
export function resultsOf({ sources }: Part, whose: Source['whose']): StudyResult[] {
  return sources.filter((source) => source.whose === whose).flatMap(({ results }) => results);
}
