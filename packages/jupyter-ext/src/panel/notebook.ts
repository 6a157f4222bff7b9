/** The little that is needed of a notebook's widget; JupyterLab's notebook package is not. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type { CellModel } from './outline';

/** A cell of an open notebook. */
interface CellWidget extends Widget {
  model: CellModel;
  outputHidden?: boolean;
}

/** An open notebook. */
export interface NotebookWidget extends Widget {
  content: Widget & {
    widgets: readonly CellWidget[];
    activeCellIndex: number;
    scrollToItem(index: number, align?: string): Promise<void>;
    /** Missing until the file is read. */
    model: { contentChanged: ISignal<unknown, unknown> } | null;
    modelChanged: ISignal<unknown, unknown>;
  };
  context: { path: string; urlResolver: IRenderMime.IResolver };
}

export const asNotebook = (widget: Widget | null): NotebookWidget | undefined =>
  widget?.hasClass('jp-NotebookPanel') ? (widget as NotebookWidget) : undefined;

/** Brings an output into view, with the keyboard in it. */
export async function reveal(
  { content }: NotebookWidget,
  { cell, output }: { cell: number; output: number },
): Promise<void> {
  const found = content.widgets[cell];
  if (!found) return;
  content.activeCellIndex = cell;
  if (found.outputHidden) found.outputHidden = false;
  await content.scrollToItem(cell, 'auto');
  const place = found.node.querySelectorAll<HTMLElement>('.jp-OutputArea-child')[output];
  place?.scrollIntoView({ block: 'nearest' });
  place?.querySelector<HTMLElement>('.blip2-Explorer :is(select, button, [tabindex="0"])')?.focus();
}
