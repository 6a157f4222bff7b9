/** The worker's side: measures one study with one seed in a process of its own, and reports on it. */
import { Blip2Error } from '../runtime';
import type { Context } from './context';
import { measure } from './measure';
import { STOP, type Assignment, type Report } from './messages';
import type { Study } from './study';

/** Milliseconds between reports of steps. */
const INTERVAL = 200;

/** Does what the process's argument says, with one of the studies, and ends the process. */
export async function serve(studies: readonly Study[]): Promise<void> {
  const { study: name, ...options } = JSON.parse(process.argv[2]) as Assignment;
  const study = studies.find((one) => one.name === name)!;
  const controller = new AbortController();
  let context: Context | undefined;
  const stop = () => {
    controller.abort();
    // Nothing else has something to save.
    if (!context?.heedsSignal) process.exit(1);
  };
  process.on('message', (message) => message === STOP && stop());
  process.on('disconnect', stop);

  let told = -Infinity;
  try {
    await measure(study, {
      ...options,
      signal: controller.signal,
      progress: false,
      note: (text) => void report({ kind: 'note', text }),
      onActivity: (text) => void report({ kind: 'activity', text }),
      onStep: ({ step, samplesPerSecond }, steps) => {
        if (performance.now() - told < INTERVAL && step + 1 < steps) return;
        told = performance.now();
        void report({ kind: 'step', step: step + 1, steps, samplesPerSecond });
      },
      onContext: (made) => (context = made),
    });
    process.exit(0);
  } catch (error) {
    const { message, stack } = error as Error;
    const known = error instanceof Blip2Error;
    await report({
      kind: 'failed',
      message: known ? message : (stack ?? message),
      hint: known ? error.hint : undefined,
    });
    process.exit(1);
  }
}

/** Resolves once it is sent, or cannot be. */
function report(message: Report): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()));
}
