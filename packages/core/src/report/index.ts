/** The report: what the studies found, on one page. */
export { curveOverSeeds } from './curveOverSeeds';
export { writeCapFiltPage, writeCapFiltShardsPage } from './capfilt';
export { writeEvaluationPage } from './evaluation';
export { writePaperTable } from './paper';
export { type Sample } from './samples';
export { shapesSamples, type SampleModel } from './shapesSamples';
export { shippedSamples } from './shippedSamples';
export { writeSamplePage } from './sourcePage';
export { armsTable, findingsTable } from './studyTables';
export { writeReport, type ReportContent } from './writeReport';
