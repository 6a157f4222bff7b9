/** Texts in the reader's language. */

/** Gives a text in the reader's language; `%1`, `%2`, … stand for the values, as in JupyterLab's `trans.__`. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

/** English, in which all texts are written. */
export const english: Translate = (text, ...values) =>
  text.replace(/%(\d+)/g, (whole, index: string) => String(values[Number(index) - 1] ?? whole));
