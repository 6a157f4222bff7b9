/** What a recipe of fine-tuning for retrieval can say, and what it says if it says nothing. */
import { z } from 'zod';
import { trainingShape } from '../train';
import { parseOptions } from './errors';
import type { TrainingData } from './places';
import { checkContrast, checkLosses, lossesSchema } from './objectiveOptions';
import type { Stage1Model } from './stage1Model';
import type { Start } from './startParts';
import { picturesShape } from './streamedOptions';
import { layerDecaySchema } from './trainedVision';

const schema = z.strictObject({
  losses: lossesSchema,
  layerDecay: layerDecaySchema,
  ...picturesShape,
  ...trainingShape,
});

export type RetrievalTuningSettings = z.output<typeof schema>;

/** Of fine-tuning for retrieval: the data, the stage-1 run, losses, the numbers of the loop. */
export type RetrievalTuningOptions = z.input<typeof schema> & {
  /** In memory, or read as it is needed. */
  data: TrainingData;
  /** The stage-1 run whose Q-Former goes on, with the vision tower that it was trained in front of; or a model folder (`openStage1`). */
  from: Start<Stage1Model>;
};

/** Defaults filled in. @throws Blip2Error naming a key that is unknown or out of range */
export function parseRetrieval(options: Record<string, unknown>): RetrievalTuningSettings {
  const settings = parseOptions(schema, options, 'retrieval recipe');
  checkLosses('retrieval', settings.losses);
  checkContrast('retrieval', settings.batchSize);
  return settings;
}
