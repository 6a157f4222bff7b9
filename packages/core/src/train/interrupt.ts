/** Ctrl-C, a notebook's stop button or an AbortSignal: the current step ends, the run is saved, the process lives on. */

export interface Interruption {
  /** True once somebody asked to stop. */
  readonly requested: boolean;
  /** Gives the signals back to whoever had them before, once no other run of this process listens. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

class Request implements Interruption {
  requested: boolean;
  /** By a signal of the system: the next one is the second. */
  signalled = false;

  constructor(
    private readonly signal?: AbortSignal,
    private readonly onRequest?: () => void,
  ) {
    this.requested = signal?.aborted ?? false;
    signal?.addEventListener('abort', this.request);
  }

  readonly request = (): void => {
    if (this.requested) return;
    this.requested = true;
    this.onRequest?.();
  };

  release(): void {
    this.signal?.removeEventListener('abort', this.request);
    if (listening.delete(this) && listening.size === 0) giveBack();
  }
}

/** The runs that a signal stops. While there are any, `onSignal` has the signals to itself. */
const listening = new Set<Request>();
let before: [name: NodeJS.Signals, listeners: NodeJS.SignalsListener[]][] = [];

function takeOver(): void {
  before = SIGNALS.map((name) => [name, process.listeners(name)]);
  for (const name of SIGNALS) {
    process.removeAllListeners(name);
    process.on(name, onSignal);
  }
}

function giveBack(): void {
  for (const [name, listeners] of before) {
    process.off(name, onSignal);
    for (const listener of listeners) process.on(name, listener);
  }
  before = [];
}

function onSignal(name: NodeJS.Signals): void {
  // What an AbortSignal asked for does not count: Ctrl-C in a terminal reaches a study's process as both, in any order.
  const running = [...listening].filter(({ signalled }) => !signalled);
  for (const one of running) {
    one.signalled = true;
    one.request();
  }
  if (running.length > 0) return;
  listening.clear();
  giveBack();
  process.kill(process.pid, name);
}

/**
 * Has the signals to itself from now until `release`: a notebook's kernel, which would end the cell before the run is
 * saved, gets them only when asked a second time (and a plain process then ends at once).
 */
export function listenForInterruption(signal?: AbortSignal, onRequest?: () => void): Interruption {
  const request = new Request(signal, onRequest);
  if (listening.size === 0) takeOver();
  listening.add(request);
  return request;
}
