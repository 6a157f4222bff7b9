/** A finished BLIP-2 asked about images: captions, answers, any prompt, and where its queries look. */
export { filledBatches, type FilledBatch } from './filledBatches';
export { ImageTextGenerator, type ImageFeatures, type ImageTextParts } from './imageTextGenerator';
export { ANSWER, CAPTION, questionPrompt } from './prompts';
