/**
 * The state of views in the metadata of their cell: kept when the notebook is saved, and when the cell runs again and
 * its outputs are replaced. JupyterLab's notebook package is not needed for that: a cell is known by what it can do.
 */
import type { Panel, Widget } from '@lumino/widgets';

/** Of all cell metadata of this extension: `{ attention: { [output]: state } }`. */
export const METADATA = 'blip2';

interface Cell {
  model: { getMetadata(key: string): unknown; setMetadata(key: string, value: unknown): void };
}

/** Where the state of an output is kept. */
export interface Kept {
  state: unknown;
  keep(state: object): void;
}

/** @param output a renderer, attached. Nothing if it is in no cell, as in "New View for Output" */
export function keptFor(output: Widget): Kept | undefined {
  let index = 0;
  for (let widget: Widget = output; widget.parent; widget = widget.parent) {
    const { parent } = widget;
    if (parent.hasClass('jp-OutputArea')) index = (parent as Panel).widgets.indexOf(widget);
    if (parent.hasClass('jp-CodeCell')) return inCell(parent as unknown as Cell, String(index));
  }
  return undefined;
}

function inCell({ model }: Cell, key: string): Kept {
  const read = () => record(record(model.getMetadata(METADATA)).attention);
  return {
    state: read()[key],
    keep(state) {
      const others = record(model.getMetadata(METADATA));
      model.setMetadata(METADATA, { ...others, attention: { ...read(), [key]: state } });
    },
  };
}

/** Metadata may hold anything. */
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
