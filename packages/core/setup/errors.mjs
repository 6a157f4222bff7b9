// What set-up says when it cannot go on: what is wrong, and what to do about it.

export class SetupError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Throws a SetupError. */
export function fail(message, hint) {
  throw new SetupError(message, hint);
}

/** Prints an error as `what is wrong` + `what to do`; the stack only for what set-up did not foresee. */
export function report(error) {
  const isForeseen = error instanceof SetupError;
  console.error(`\n${isForeseen ? error.message : (error.stack ?? error)}`);
  if (error.hint) console.error(`→ ${error.hint}`);
}
