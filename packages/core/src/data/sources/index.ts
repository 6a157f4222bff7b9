export { checkSource, type CheckedSample, type CheckOptions, type CheckReport } from './check';
export { describeFaults, FaultList, type FaultCount, type Faults } from './faults';
export { manifestNames, manifestOf, type Manifest } from './manifest';
export { readMix } from './mix';
export { openSource, SOURCE_KINDS } from './open';
export { packShards, type PackOptions, type PackRecord } from './pack';
export { UnreadableError, type Known, type Place, type ReadPicture } from './place';
export { writeSamplePage } from './samplePage';
export type { PictureSource, SourcePart } from './source';
