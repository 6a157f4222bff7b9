/** An evaluation of each kind, in this process or in one that is killed. */
import { openCaptionSet, openQuestionSet } from '../../../packages/core/src/data';
import {
  evaluateCaptionSet,
  evaluateQuestionSet,
  evaluateRetrievalSet,
} from '../../../packages/core/src/evaluate';
import { Blip2, Blip2Retrieval } from '../../../packages/core/src/inference';

/** Evaluates the model of a folder on a set, into the folder `out`. */
export async function evaluateSet(
  [kind, folder, set, out]: readonly string[],
  onProgress?: (done: number) => void,
): Promise<void> {
  const options = { out, model: { name: 'random' }, onProgress };
  if (kind === 'retrieval') {
    const retrieval = await Blip2Retrieval.load(folder);
    await evaluateRetrievalSet(retrieval.scorer, openCaptionSet(set), { ...options, k: 8 });
    retrieval.dispose();
    return;
  }
  const model = await Blip2.load(folder);
  if (kind === 'caption') await evaluateCaptionSet(model, openCaptionSet(set), options);
  else await evaluateQuestionSet(model, openQuestionSet(set), options);
  model.dispose();
}
