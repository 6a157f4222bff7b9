/** What a record says of the frozen parts around a model that goes on with another run, where its data bring none. */
import { HalfTensor } from '../runtime';
import type { JsonObject } from '../checkpoints';
import type { FrozenLanguageModel, FrozenVisionTower } from '../data';
import { dataPlaces, isStreamed, placesRecord, type TrainingData } from './places';
import type { Storage } from './plan';

/** How tensors are stored. */
export function storageOf({ tensors }: Pick<FrozenVisionTower, 'tensors'>): Storage {
  const half = Object.values(tensors).find((tensor) => tensor instanceof HalfTensor);
  return half instanceof HalfTensor ? half.dtype : 'float32';
}

/**
 * Their folders and that of the data, and how they are stored: so that the run can be opened again. Of data in memory only
 * what is not their own.
 */
export function surroundingsRecord({
  data,
  tower,
  language,
  tokenizerDir,
}: {
  data: TrainingData;
  tower: FrozenVisionTower;
  language?: FrozenLanguageModel;
  tokenizerDir?: string;
}): JsonObject {
  const own = isStreamed(data)
    ? []
    : [data.visionDir, data.tokenizerDir, ...Object.values(data.languageDirs ?? {})];
  const foreign = (dir: string | undefined) => (own.includes(dir as string) ? undefined : dir);
  const places = {
    ...dataPlaces(data),
    tower: foreign(tower.dir),
    language: foreign(language?.dir),
    tokenizer: foreign(tokenizerDir),
  };
  return {
    ...(places.tower !== undefined && halfType('towerType', tower)),
    ...(language && places.language !== undefined && halfType('languageType', language)),
    ...placesRecord(places),
  };
}

/** What is not said is float32: where a part lies decides nothing about a run's hash. */
function halfType(key: string, part: Pick<FrozenVisionTower, 'tensors'>): JsonObject {
  const storage = storageOf(part);
  return storage === 'float32' ? {} : { [key]: storage };
}
