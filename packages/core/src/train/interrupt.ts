/** Ctrl-C, a notebook's stop button or an AbortSignal: the current step ends, the run is saved, the process lives on. */

export interface Interruption {
  /** True once somebody asked to stop. */
  readonly requested: boolean;
  /** Gives the signals back to whoever had them before. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Has the signals to itself from now until `release`: a notebook's kernel, which would end the cell before the run is
 * saved, gets them only when asked a second time (and a plain process then ends at once).
 */
export function listenForInterruption(signal?: AbortSignal, onRequest?: () => void): Interruption {
  let requested = signal?.aborted ?? false;
  const request = () => {
    if (requested) return;
    requested = true;
    onRequest?.();
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (!requested) return request();
    release();
    process.kill(process.pid, name);
  };
  const before = SIGNALS.map((name) => process.listeners(name));
  const release = () => {
    for (const [i, name] of SIGNALS.entries()) {
      process.off(name, onSignal);
      for (const listener of before[i].splice(0)) process.on(name, listener);
    }
    signal?.removeEventListener('abort', request);
  };
  for (const name of SIGNALS) {
    process.removeAllListeners(name);
    process.on(name, onSignal);
  }
  signal?.addEventListener('abort', request);
  return {
    get requested() {
      return requested;
    },
    release,
  };
}
