/** Puts views into the output of a notebook cell; outside of notebooks, where nothing can be drawn, prints their text. */
import { randomBytes } from 'node:crypto';
import { sep } from 'node:path';
import type { Rendering, View } from './view';

/** What tslab calls to send display data of a cell: of several MIME types at once, which its public API cannot. */
type WriteDisplayData = (
  content: Rendering & { transient: { display_id?: string } },
  update: boolean,
) => void;

/** tslab's writer, if this process is its kernel. Looked up anew each time: every cell has its own. */
function kernelWriter(): WriteDisplayData | undefined {
  const file = Object.keys(require.cache).find((path) =>
    path.endsWith(['tslab', 'dist', 'jupyter.js'].join(sep)),
  );
  const module = file && (require.cache[file]?.exports as { lastWriteDisplayData?: WriteDisplayData });
  return (module && module.lastWriteDisplayData) || undefined;
}

function send(rendering: Rendering, displayId: string | undefined, update: boolean): void {
  const write = kernelWriter();
  if (write) write({ ...rendering, transient: { display_id: displayId } }, update);
  else process.stdout.write(`${String(rendering.data['text/plain'])}\n`);
}

/** Shows views one below the other. */
export async function show(...views: View[]): Promise<void> {
  for (const view of views) send(await view.render(), undefined, false);
}

/** A place in a cell's output in which each view replaces the one before. */
export class Place {
  private readonly id = randomBytes(8).toString('hex');
  private isNew = true;

  async show(view: View): Promise<void> {
    const rendering = await view.render();
    // Without a kernel there is no place to draw over: text would be repeated endlessly.
    if (!kernelWriter()) return;
    send(rendering, this.id, !this.isNew);
    this.isNew = false;
  }
}
