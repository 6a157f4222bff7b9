/** Gives the event loop its turn, for operations are synchronous: signals, timers and a notebook's messages get through. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
