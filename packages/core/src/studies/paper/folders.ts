/**
 * The model folders that the paper's tables need, by the names that they have on the hub, or, where nobody has published
 * such weights, by a name of ours; and how each is come by.
 */

/** A model that a table needs. */
export interface PaperFolder {
  /** On the Hugging Face hub. */
  hub?: string;
  /** How it is made where it is not on the hub. */
  how?: string;
}

/** What this folder is made by: the run folder itself is the model. */
const made = (kind: string, recipe: string, data: string, rest = '') =>
  `blip2 finetune ${kind} --recipe ${recipe} --data ${data} --from RUN${rest} --out this folder (docs/finetuning.md)`;
const COCO = "'coco?dir=DIR&split=train'";

const CAPTIONING =
  'fine-tuned on COCO captions: 5 epochs, learning rate 1e-5, 1,000 warm-up steps, batch 256, AdamW β 0.9, 0.999, ' +
  `weight decay 0.05, 364 px, prompt "a photo of" (table 7): ${made('caption', 'paper-vit-g', COCO)}`;
const vqa = (decay: number) =>
  'no weights are published: fine-tune on VQAv2 train + val and Visual Genome questions, the question beside the queries too: ' +
  '5 epochs, learning rate 1e-5, 1,000 warm-up steps, batch 128, AdamW β 0.9, 0.999, weight decay 0.05, 490 px, ' +
  `layer decay ${decay} (table 8): ${made('vqa', 'paper-vit-g', 'questions.json', ' --stage1 RUN')}`;
const retrieval = (recipe: string, rate: string, betas: string, decay: number, rest = '') =>
  `no weights are published: fine-tune on COCO with ITC + ITM${rest ? ' alone' : ' + ITG'}: 5 epochs, learning rate ${rate}, 1,000 warm-up steps, batch 224, ` +
  `AdamW β ${betas}, weight decay 0.05, 364 px, layer decay ${decay} (table 9): ${made('retrieval', recipe, COCO, rest)}`;

/** By folder name. */
export const PAPER_FOLDERS = {
  'blip2-opt-2.7b': { hub: 'Salesforce/blip2-opt-2.7b' },
  'blip2-opt-6.7b': { hub: 'Salesforce/blip2-opt-6.7b' },
  'blip2-flan-t5-xl': { hub: 'Salesforce/blip2-flan-t5-xl' },
  'blip2-flan-t5-xxl': { hub: 'Salesforce/blip2-flan-t5-xxl' },
  'blip2-opt-2.7b-vit-l': {
    how: 'no weights are published: pre-train it (blip2 pretrain stage2 behind ViT-L)',
  },
  'blip2-flan-t5-xl-vit-l': {
    how: 'LAVIS’s pretrain_flant5xl_vitL, or pre-train it; a .pth is turned into a folder by blip2 convert',
  },
  'blip2-opt-2.7b-coco': { hub: 'Salesforce/blip2-opt-2.7b-coco', how: CAPTIONING },
  'blip2-opt-6.7b-coco': { hub: 'Salesforce/blip2-opt-6.7b-coco', how: CAPTIONING },
  'blip2-flan-t5-xl-coco': { hub: 'Salesforce/blip2-flan-t5-xl-coco', how: CAPTIONING },
  'blip2-flan-t5-xl-vqa': { how: vqa(0.95) },
  'blip2-opt-2.7b-vqa': { how: vqa(0.95) },
  'blip2-opt-6.7b-vqa': { how: vqa(0.9) },
  'blip2-itm-vit-g-coco': { hub: 'Salesforce/blip2-itm-vit-g-coco' },
  'blip2-itm-vit-l-coco': { how: retrieval('paper-vit-l', '5e-6', '0.9, 0.98', 1) },
  'blip2-itm-vit-g-coco-without-itg': {
    how: retrieval('paper-vit-g', '1e-5', '0.9, 0.999', 0.95, ' --set losses.itg=0'),
  },
} as const satisfies Record<string, PaperFolder>;

/** A folder that a table needs. */
export type PaperFolderName = keyof typeof PAPER_FOLDERS;
