/** Ctrl-C, a notebook's stop button or an AbortSignal: the current step ends, the run is saved, the process lives on. */

export interface Interruption {
  /** True once somebody asked to stop. */
  readonly requested: boolean;
  /** Gives the signals back to whoever had them before. */
  release(): void;
}

/** Listens from now until `release`. A second Ctrl-C ends the process at once. */
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
  const release = () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    signal?.removeEventListener('abort', request);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  signal?.addEventListener('abort', request);
  return {
    get requested() {
      return requested;
    },
    release,
  };
}
