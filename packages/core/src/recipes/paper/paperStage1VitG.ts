/**
 * Stage 1 in front of an EVA ViT-g/14, with the numbers of the paper (section 3.4): less than six days on 16 A100-40G.
 *
 *   npx blip2 pretrain stage1 --recipe paper-vit-g --data mix.json --out runs/stage1 \
 *     --set tower=DIR tokenizer=DIR initialise.bert=DIR
 *
 * A smoke run: `--set steps=100 batchSize=8` in addition. Folders of random weights: `npx tsx bench/paperShapes.ts`.
 */
import { paperStage1VitL } from './paperStage1VitL';

/** 250,000 steps of 1,680 pictures; all else as in front of the ViT-L. */
export const paperStage1VitG: typeof paperStage1VitL = { ...paperStage1VitL, batchSize: 1680 };
