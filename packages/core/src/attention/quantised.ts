/** Bundles in a quarter of their size: every number a byte. */
import { ATTENTION_SET_FORMAT, type AttentionBundle, type AttentionSet } from './format';
import { fromBase64, quantise } from './numbers';

/**
 * The same bundle or set with a byte per number, which is at most scale / 510 away from the number it stands for (`scale`
 * being the largest of its row). What has been quantised before stays as it is.
 */
export function quantised<T extends AttentionBundle | AttentionSet>(record: T): T {
  return (isSet(record) ? quantisedSet(record) : quantisedBundle(record)) as T;
}

export function isSet(record: AttentionBundle | AttentionSet): record is AttentionSet {
  return record.format === ATTENTION_SET_FORMAT;
}

function quantisedSet(set: AttentionSet): AttentionSet {
  const items = set.items.map((item) =>
    item.bundle ? { ...item, bundle: quantisedBundle(item.bundle) } : item,
  );
  return { ...set, items };
}

function quantisedBundle(bundle: AttentionBundle): AttentionBundle {
  const { grid, queries, layers, gradients, rollout, tokens, generated } = bundle;
  const heat = rounded('heat', grid.rows * grid.columns);
  const toQueries = rounded('toQueries', queries);
  return {
    ...bundle,
    layers: layers.map(heat),
    ...(gradients && { gradients: gradients.map(heat) }),
    ...(rollout && { rollout: heat(rollout) }),
    ...(tokens && { tokens: { ...tokens, layers: tokens.layers.map(toQueries) } }),
    ...(generated && { generated: { ...generated, layers: generated.layers.map(toQueries) } }),
  };
}

const rounded =
  <K extends string>(key: K, width: number) =>
  <T extends Record<K, string> & { scale?: string }>(maps: T): T => {
    if (maps.scale !== undefined) return maps;
    const { values, scale } = quantise(fromBase64(maps[key]), width);
    return { ...maps, [key]: values, scale };
  };
