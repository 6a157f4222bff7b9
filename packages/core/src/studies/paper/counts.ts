/** What each of the paper's models trains, counted from its configuration: no weights are needed. */
import { countParameters } from '../../nn';
import {
  stage1Trainable,
  stage2Parameters,
  VISION,
  type PaperLanguage,
  type PaperVision,
} from '../paperModels';

/** Of the vision tower, without the blocks that are not used. */
export const visionParameters = (vision: PaperVision): number =>
  countParameters(VISION[vision].model.parameters());

/** Fine-tuned for captions (table 3): image encoder, Q-Former without its text side, projection. */
export const captioningTrainable = (vision: PaperVision, language: PaperLanguage): number =>
  visionParameters(vision) + stage2Parameters(vision, language).trainable;

/** Fine-tuned for questions (table 4): the Q-Former reads them, so its text side is there again. */
export const vqaTrainable = (vision: PaperVision, language: PaperLanguage): number =>
  visionParameters(vision) + stage2Parameters(vision, language, { readsQuestions: true }).trainable;

/** Fine-tuned for retrieval (tables 5 and 6): image encoder and all that stage 1 trains. */
export const retrievalTrainable = (vision: PaperVision): number =>
  visionParameters(vision) + stage1Trainable(vision);
