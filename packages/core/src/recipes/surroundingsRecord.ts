/** What a record says of the frozen parts around a model that goes on with another run, where its data bring none. */
import { HalfTensor } from '../runtime';
import type { JsonObject } from '../checkpoints';
import type { FrozenLanguageModel, FrozenVisionTower } from '../data';
import { placesRecord } from './places';
import type { Storage } from './plan';
import type { StreamedDataset } from './streamedOptions';

/** How tensors are stored. */
export function storageOf({ tensors }: Pick<FrozenVisionTower, 'tensors'>): Storage {
  const half = Object.values(tensors).find((tensor) => tensor instanceof HalfTensor);
  return half instanceof HalfTensor ? half.dtype : 'float32';
}

/** Their folders and that of the data, and how they are stored: so that the run can be opened again. */
export function surroundingsRecord({
  data,
  tower,
  language,
  tokenizerDir,
}: {
  data: StreamedDataset;
  tower: FrozenVisionTower;
  language?: FrozenLanguageModel;
  tokenizerDir?: string;
}): JsonObject {
  return {
    towerType: storageOf(tower),
    ...(language && { languageType: storageOf(language) }),
    ...placesRecord({
      data: data.specification,
      tower: tower.dir,
      language: language?.dir,
      tokenizer: tokenizerDir,
    }),
  };
}
