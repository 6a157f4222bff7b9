/** What can wait until the reader rests: whoever moves quickly is not held up, and only where they end counts. */

/** Milliseconds without another wish that are a rest. */
const REST = 150;

/** Does the last thing that was wished for. */
export interface AtRest {
  /** Instead of what was wished for before, if that is not done yet. */
  wish: (action: () => void) => void;
  /** Without a rest. */
  now: () => void;
  dispose: () => void;
}

export function atRest(): AtRest {
  let wished: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function now(): void {
    clearTimeout(timer);
    wished?.();
    wished = undefined;
  }
  return {
    wish(action) {
      clearTimeout(timer);
      wished = action;
      timer = setTimeout(now, REST);
    },
    now,
    dispose() {
      clearTimeout(timer);
      wished = undefined;
    },
  };
}
