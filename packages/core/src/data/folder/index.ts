export { folder, openFolder, requireTowers, type FolderOptions, type OwnDataset } from './folder';
export { CAPTIONS, QUESTIONS, WEB } from './lines';
