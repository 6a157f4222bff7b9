/** The one error class that reaches a user: says what is wrong, and what to do about it. */
export class Blip2Error extends Error {
  /** What to do; printed on its own line. */
  readonly hint: string | undefined;
  /** The command's exit status: 1 a failure, 2 wrong usage. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { hint?: string; cause?: unknown; exitCode?: 1 | 2 } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Blip2Error';
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}
