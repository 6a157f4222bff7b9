/** Tokens in, text out, as it comes to be: for writing on a screen while a model generates. */

/** The last word with the spaces before it; if that is a quotation mark, the word before it too (`n ' t` → `n't`). */
const UNCERTAIN = /\s+\S*(?:\s+'\s*)?$/;

export class TextStream {
  private readonly ids: number[] = [];
  private shown = 0;

  /**
   * @param decode of all ids up to here
   * @param byWords whether later tokens may take back a space, so that only whole words are certain
   */
  constructor(
    private readonly decode: (ids: number[]) => string,
    private readonly byWords: boolean,
  ) {}

  /** One more token: the text that is certain now and was not before, often ''. */
  push(id: number): string {
    this.ids.push(id);
    const text = this.decode(this.ids);
    // The last character may be a part of one whose other bytes are still to come.
    const certain = text.endsWith('\ufffd') ? text.slice(0, -1) : text;
    return this.show(text, this.byWords ? certain.search(UNCERTAIN) : certain.length);
  }

  /** The rest. All pieces together are what `decode` gives for all tokens. */
  end(): string {
    const text = this.decode(this.ids);
    return this.show(text, text.length);
  }

  private show(text: string, end: number): string {
    const piece = text.slice(this.shown, Math.max(this.shown, end));
    this.shown += piece.length;
    return piece;
  }
}
