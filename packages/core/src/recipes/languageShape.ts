/** What recipes and plans need to know of a language model's folder, without its weights. */
import { openModelFolder } from '../checkpoints';
import { languageFamilyOf } from '../data';
import type { LanguageShape } from './plan';

/** @throws Blip2Error if the folder holds none */
export function languageShape(dir: string): LanguageShape {
  const folder = openModelFolder(dir);
  const { family, modelType } = languageFamilyOf(folder);
  const config = family.readConfig(folder.config, folder.tensors);
  return { tower: family.build(config), config: { modelType, config } };
}
