/** The paper's tables at its own scale: published weights and sets. */
export { isMissing, PaperDisk, type Missing, type PaperFolders } from './disk';
export {
  evaluationName,
  SetEvaluator,
  type OnSetOptions,
  type SetEvaluation,
  type SetTask,
} from './evaluateOnSet';
export { FIGURE5_LAYOUT, figure5Table } from './figure5';
export { fillTables, missingOf, type FilledCell, type FilledTable, type FillOptions } from './fill';
export { PAPER_FOLDERS, type PaperFolder, type PaperFolderName } from './folders';
export {
  type CellSource,
  type PaperCell,
  type PaperEvaluation,
  type PaperRow,
  type PaperTable,
} from './table';
export { PAPER_TABLES } from './tables';
