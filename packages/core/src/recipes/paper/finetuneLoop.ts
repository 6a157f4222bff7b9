/** What tables 7 to 9 of the paper have in common: five epochs with a warm-up of 1,000 steps, on crops of larger pictures. */

const EPOCHS = 5;

/** Steps of five epochs, counted by captions or questions as LAVIS does. */
export const stepsOf = (texts: number, batchSize: number): number => EPOCHS * Math.floor(texts / batchSize);

/** Captions of Karpathy's training split (with `restval`), of 113,287 pictures. */
export const COCO_CAPTIONS = 566_747;

/** Of all three. */
export const FINETUNE_LOOP = {
  minLearningRate: 0, // LAVIS's: the paper does not say
  warmupSteps: 1000,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.999,
  clipNorm: 0, // the paper speaks of none
  precision: 'bf16', // weights and moments stay float32, those of the image encoder too
  recompute: true, // LAVIS: use_grad_checkpoint
} as const;
