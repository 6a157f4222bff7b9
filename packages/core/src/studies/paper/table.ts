/** What a table of the paper is: rows and columns, the paper's numbers, and where ours come from. */
import type { PaperFolderName } from './folders';

/** An evaluation that fills cells. */
export const PAPER_EVALUATIONS = {
  'vqav2-val': { task: 'vqa', set: 'vqav2', split: 'val' },
  'vqav2-test-dev': { task: 'vqa', set: 'vqav2', split: 'test-dev' },
  'vqav2-test-std': { task: 'vqa', set: 'vqav2', split: 'test' },
  'okvqa-val': { task: 'vqa', set: 'okvqa', split: 'val' },
  'gqa-testdev': { task: 'vqa', set: 'gqa', split: 'testdev' },
  'nocaps-val': { task: 'caption', set: 'nocaps', split: 'val' },
  'coco-captions': { task: 'caption', set: 'coco', split: 'test' },
  'flickr30k-retrieval': { task: 'retrieval', set: 'flickr30k', split: 'test' },
  'coco-retrieval': { task: 'retrieval', set: 'coco', split: 'test' },
} as const;
/** Its name. */
export type PaperEvaluation = keyof typeof PAPER_EVALUATIONS;

/** Where a number of ours comes from. */
export interface CellSource {
  /** In the folder of models. */
  model: PaperFolderName | `figure5/${string}`;
  evaluation: PaperEvaluation;
  /** Row of the summary. */
  group: string;
  /** Column of the summary. */
  score: string;
}

/** One number. */
export interface PaperCell {
  /** As it is printed there. */
  paper?: number;
  /** Counted, or to be measured; absent where the row is another model's. */
  ours?: number | CellSource;
}

/** A row of a table: a model. */
export interface PaperRow {
  name: string;
  /** By column. */
  cells: Readonly<Record<string, PaperCell>>;
}

/** A table of the paper. */
export interface PaperTable {
  name: string;
  title: string;
  /** Where in the paper. */
  source: string;
  columns: readonly string[];
  rows: readonly PaperRow[];
  notes: readonly string[];
}

/** Cells of some columns, from the paper's numbers (a dash: none) and where ours come from. */
export function cells(
  columns: readonly string[],
  paper: readonly (number | undefined)[],
  ours: readonly (PaperCell['ours'] | undefined)[] = [],
): Record<string, PaperCell> {
  return Object.fromEntries(
    columns.flatMap((column, i) =>
      paper[i] === undefined && ours[i] === undefined ? [] : [[column, { paper: paper[i], ours: ours[i] }]],
    ),
  );
}

/** Of the whole set. */
export const score = (
  model: CellSource['model'],
  evaluation: PaperEvaluation,
  name = 'accuracy',
  group = 'all',
): CellSource => ({ model, evaluation, score: name, group });
