/** A study's part of the report: its committed results and the reader's own, and what each says about its claims. */
import { digitsFor } from './numbers';
import { inputsHash, judge, type Claim, type Finding, type Study, type StudyResult } from '../studies';

/** By how much the better arm of a claim is above the worse one, in at least one seed. */
export interface Difference {
  mean: number;
  /** 95% interval of the mean; a single seed has none. */
  interval?: readonly [low: number, high: number];
  seeds: number;
  verdict: Finding['verdict'];
}

export interface JudgedClaim {
  claim: Claim;
  /** Digits after the point, for the numbers of its metric. */
  digits: number;
  /** What the committed results say; undefined if they do not measure it. */
  committed?: Difference;
  own?: Difference;
}

export interface Part {
  study: Study;
  committed: readonly StudyResult[];
  own: readonly StudyResult[];
  /** Which of them were made with other settings or towers than the study's of now. */
  outdated: { committed: boolean; own: boolean };
  claims: readonly JudgedClaim[];
}

const bySeed = (a: StudyResult, b: StudyResult) => a.seed - b.seed;

/** The part of each study, in the order of the studies. */
export function partsOf(
  studies: readonly Study[],
  committed: readonly StudyResult[],
  own: readonly StudyResult[],
): Part[] {
  return studies.map((study) => {
    const ofNow = (result: StudyResult) => result.inputs === inputsHash(study, result.scale);
    // Those of now and others must not be averaged: others are shown only where there are none of now.
    const ofStudy = (all: readonly StudyResult[]) => {
      const results = all.filter((result) => result.study === study.name).sort(bySeed);
      return results.some(ofNow) ? results.filter(ofNow) : results;
    };
    const results = { committed: ofStudy(committed), own: ofStudy(own) };
    const isOutdated = (some: readonly StudyResult[]) => some.length > 0 && !some.some(ofNow);
    const outdated = { committed: isOutdated(results.committed), own: isOutdated(results.own) };
    const measured = [...results.committed, ...results.own].flatMap(({ measurements }) => measurements);
    const claims = study.claims.map((claim) => ({
      claim,
      digits: digitsFor(measured.filter(({ metric }) => metric === claim.metric).map(({ value }) => value)),
      committed: differenceOf(claim, results.committed),
      own: differenceOf(claim, results.own),
    }));
    return { study, ...results, outdated, claims };
  });
}

function differenceOf(claim: Claim, results: readonly StudyResult[]): Difference | undefined {
  const { mean, low, high, n, verdict } = judge(claim, results);
  if (mean === null) return undefined;
  return { mean, interval: low === null || high === null ? undefined : [low, high], seeds: n, verdict };
}
