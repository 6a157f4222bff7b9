export { folder, openFolder, recorded, requireTowers, type FolderOptions, type OwnDataset } from './folder';
export { CAPTIONS, QUESTIONS, WEB } from './lines';
