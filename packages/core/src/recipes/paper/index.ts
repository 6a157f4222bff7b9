/** The recipes of the paper's own size, by the names that the command line knows them by. */
import { lavisCaption, paperCaption } from './finetuneCaption';
import { lavisRetrieval, paperRetrievalVitG, paperRetrievalVitL } from './finetuneRetrieval';
import { paperVqa } from './finetuneVqa';
import { lavisStage1 } from './lavisStage1';
import { lavisStage2 } from './lavisStage2';
import { paperStage1VitG } from './paperStage1VitG';
import { paperStage1VitL } from './paperStage1VitL';
import { paperStage2 } from './paperStage2';

export { lavisStage1, lavisStage2, paperStage1VitG, paperStage1VitL, paperStage2 };
export { PAPER_LANGUAGE, PAPER_VISION } from './towers';

/** Both stages of each, and the vision tower that its numbers are for. */
export const PAPER_RECIPES = {
  'paper-vit-l': { vision: 'vit-l', stage1: paperStage1VitL, stage2: paperStage2 },
  'paper-vit-g': { vision: 'vit-g', stage1: paperStage1VitG, stage2: paperStage2 },
  'lavis-vit-l': { vision: 'vit-l', stage1: lavisStage1, stage2: lavisStage2 },
  'lavis-vit-g': { vision: 'vit-g', stage1: lavisStage1, stage2: lavisStage2 },
} as const;

/** Fine-tuning, of each kind the recipes that there are, by the vision tower and whose numbers they have. */
export const PAPER_FINETUNING = {
  caption: { 'paper-vit-g': paperCaption, 'lavis-vit-g': lavisCaption },
  vqa: { 'paper-vit-g': paperVqa },
  retrieval: {
    'paper-vit-l': paperRetrievalVitL,
    'paper-vit-g': paperRetrievalVitG,
    'lavis-vit-g': lavisRetrieval,
  },
} as const;
