/** What recipes and plans need to know of a language model's folder, without its weights. */
import { openModelFolder } from '../checkpoints';
import { TOWERS } from '../models';
import { loadLanguageModel } from '../data';
import type { LanguageShape } from './plan';

/** @throws Blip2Error if the folder holds none */
export function languageShape(dir: string): LanguageShape {
  const { config: json, tensors } = openModelFolder(dir);
  const family = TOWERS.language.find(({ modelType }) => modelType === json.modelType);
  if (!family) return loadLanguageModel(dir); // says what is wrong with it
  const config = family.readConfig(json, tensors);
  return { tower: family.build(config), config: { modelType: family.modelType, config } };
}
