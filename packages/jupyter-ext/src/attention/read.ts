/** What a notebook's output or an `*.attention.json` file holds: one picture's attention, or a set of them. */
import { readAttention, type Attention } from './bundle';
import { jsonObject } from './checks';
import { ATTENTION_SET_FORMAT, readAttentionSet, type AttentionSet } from './set';

/** @param data the JSON, parsed or as text. @throws BundleError saying what is wrong, before memory is taken */
export function readAttentionOutput(data: unknown): Attention | AttentionSet {
  const json = jsonObject(data);
  return json.format === ATTENTION_SET_FORMAT ? readAttentionSet(json) : readAttention(json);
}
