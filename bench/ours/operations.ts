/** Operations of whole pieces of work, from the counts of `blip2 plan`: what the result needs, not what one side does. */
import { languageCost, type LanguageShape } from '../../packages/core/src/recipes/plan/languageCost';
import { queriesCost } from '../../packages/core/src/recipes/plan/qformerCost';
import { visionCost } from '../../packages/core/src/recipes/plan/visionCost';
import type { Blip2, Blip2Config } from '../../packages/core/src/models';
import { tokenCount } from '../../packages/core/src/models';

/** Of one prompt: it is read once, each beam's tokens are written. */
export function writingOperations(
  language: LanguageShape,
  { prompt, newTokens, beams }: { prompt: number; newTokens: number; beams: number },
): number {
  const read = languageCost(language, { given: prompt, target: 0 }).forward;
  const both = languageCost(language, { given: prompt, target: newTokens }).forward;
  return read + beams * (both - read);
}

/** Of one picture that a BLIP-2 is asked about. */
export function answerOperations(
  { vision, language }: Blip2,
  config: Blip2Config,
  asked: { question: number; newTokens: number; beams: number },
): number {
  const side = vision.imageSize;
  const patches = tokenCount(vision, side);
  const prompt = config.qformer.numQueryTokens + asked.question;
  return (
    visionCost({ model: vision, config: config.vision }, side, false).forward +
    queriesCost(config.qformer, { patches, textLength: 0 }).forward +
    writingOperations({ tower: language, config: config.text }, { ...asked, prompt })
  );
}
