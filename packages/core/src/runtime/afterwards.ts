/** Something that is changed for a while. */

/** Runs `body`, to its end if it returns a promise, and `restore` after it, whether or not it throws. */
export function afterwards<T>(body: () => T, restore: () => void): T {
  let result: T | undefined;
  try {
    result = body();
    return result instanceof Promise ? (result.finally(restore) as T) : result;
  } finally {
    if (!(result instanceof Promise)) restore();
  }
}
