/**
 * The page of results that are there, written anew: what follows from figures is found anew, figures stay.
 *
 *   npx tsx bench/writePage.ts docs/results/bench
 */
import { readResults, writeResults } from './results';

const dir = process.argv[2] ?? 'docs/results/bench';
const results = readResults(dir);
if (results) writeResults(dir, results);
else {
  console.error(`error: no results.json in ${dir}`);
  process.exitCode = 2;
}
