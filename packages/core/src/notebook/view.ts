/** A view is something to look at: one content in several formats, of which a reader shows the richest it knows. */

export interface Rendering {
  /** MIME type → content: text, JSON as an object, binary data in base64. Every figure has an `image/png`. */
  data: Record<string, unknown>;
  /** MIME type → how to show it, e.g. the size in which a picture is meant to be seen. */
  metadata: Record<string, unknown>;
}

/** One content in several formats, made when it is shown. */
export interface View {
  render(): Promise<Rendering>;
}

/** What Jupyter's readers draw with plotly. */
export const PLOTLY = 'application/vnd.plotly.v1+json';
