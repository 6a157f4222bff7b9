/** What the numbers of fine-tuning depend on: the language model of the run that is gone on with. */
import type { Stage2Model } from '../stage2Model';

/** The stage-2 run. */
export interface FinetuneStart {
  from: { model: { parts: { language: Pick<Stage2Model['parts']['language'], 'tower'> } } };
}

/** Width of OPT-6.7B. */
const LARGE = 4096;

/**
 * Is it as OPT-6.7B, whose encoder the paper gives a decay of its own? It has numbers for this one, OPT-2.7B and FlanT5-XL;
 * others go with the kind and size that they are like.
 */
export function isLargeOpt({ from }: FinetuneStart): boolean {
  const { architecture, hiddenSize } = from.model.parts.language.tower;
  return architecture === 'decoder-only' && hiddenSize >= LARGE;
}
