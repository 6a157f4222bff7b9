/** The report: what the studies found, on one page. */
export { curveOverSeeds } from './curveOverSeeds';
export { type Sample } from './samples';
export { writeReport, type ReportContent } from './writeReport';
