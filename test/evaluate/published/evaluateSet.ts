/** An evaluation in a process of its own, to be killed: `tsx evaluateSet.ts KIND MODEL SET OUT`. */
import { openCaptionSet, openQuestionSet } from '../../../packages/core/src/data';
import {
  evaluateCaptionSet,
  evaluateQuestionSet,
  evaluateRetrievalSet,
} from '../../../packages/core/src/evaluate';
import { Blip2, Blip2Retrieval } from '../../../packages/core/src/inference';

async function main([kind, model, set, out]: string[]): Promise<void> {
  const options = { out, model: { name: 'random' }, onProgress: (done: number) => console.log(done) };
  if (kind === 'retrieval') {
    const { scorer } = await Blip2Retrieval.load(model);
    await evaluateRetrievalSet(scorer, openCaptionSet(set), { ...options, k: 8 });
  } else if (kind === 'caption') {
    await evaluateCaptionSet(await Blip2.load(model), openCaptionSet(set), options);
  } else await evaluateQuestionSet(await Blip2.load(model), openQuestionSet(set), options);
}

void main(process.argv.slice(2));
