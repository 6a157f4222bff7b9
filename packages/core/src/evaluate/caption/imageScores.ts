/** A score of a set of images, and of each of them. */
export interface ImageScores {
  corpus: number;
  perImage: number[];
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
