/** All that is on view for a choice, computed once for every part of the view. P patches. */
import type { Attention } from './bundle';
import type { Choice, Wishes } from './choice';
import { classShare, queryMaps } from './maps';
import { chance, entropy, largest, peak, shareOn } from './measures';

export interface Shown {
  choice: Choice;
  /** Of every query: Q × [P]. */
  maps: Float32Array[];
  /** The chosen query's: [P]. */
  map: Float32Array;
  /** The probability at the scale's upper end; the lower is 0. */
  top: number;
  /** The scale's upper end in the small picture of each query: [Q]. */
  tops: number[];
  /** Share of the class token. */
  cls: number;
  /** In bits. */
  entropy: number;
  /** Index of the patch that gets most. */
  peak: number;
  /** Share on objects, where the notebook said which patches show any, and what chance gives. */
  objects?: { share: number; chance: number };
}

export function shownFor(attention: Attention, choice: Choice, { objects }: Wishes): Shown {
  const maps = queryMaps(attention, choice);
  const map = maps[choice.query];
  const all = largest(maps);
  const tops = maps.map((one) => (choice.scale === 'all' ? all : largest([one])));
  return {
    choice,
    maps,
    map,
    tops,
    top: tops[choice.query],
    cls: classShare(attention, choice),
    entropy: entropy(map),
    peak: peak(map),
    ...(objects && { objects: { share: shareOn(map, objects), chance: chance(objects) } }),
  };
}
