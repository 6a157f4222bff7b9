export { describeFaults, FaultList, type FaultCount, type Faults } from './faults';
export { openSource, SOURCE_KINDS } from './open';
export { UnreadableError, type Known, type Place, type ReadPicture } from './place';
export type { PictureSource, SourcePart } from './source';
