/** What of a table's models and sets is on disk, and how to get the rest. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import {
  evaluationSetLayout,
  manifestOf,
  openCaptionSet,
  openQuestionSet,
  type CaptionSet,
  type QuestionSet,
} from '../../data';
import { PAPER_FOLDERS, type PaperFolder } from './folders';
import { PAPER_EVALUATIONS, type CellSource, type PaperEvaluation, type PaperTable } from './table';

/** Where models and sets lie. */
export interface PaperFolders {
  /** A folder with a folder for each model. */
  models: string;
  /** A folder with `vqav2`, `okvqa`, `gqa`, `nocaps`, `coco`, `flickr30k`. */
  sets: string;
}

/** What is missing. */
export interface Missing {
  /** `model blip2-opt-2.7b`, `vqav2 val` */
  what: string;
  /** Where it was looked for, or what is wrong with it. */
  why: string;
  /** How to get it. */
  how: string;
}

/** What a table's numbers come from, each evaluation once. */
export const sourcesOf = ({ rows }: PaperTable): CellSource[] =>
  rows.flatMap(({ cells }) =>
    Object.values(cells).flatMap(({ ours }) => (typeof ours === 'object' ? ours : [])),
  );

/** Looks for models and sets, each once. */
export class PaperDisk {
  private readonly sets = new Map<string, QuestionSet | CaptionSet | Missing>();

  constructor(private readonly folders: PaperFolders) {}

  /** Of a folder's name: in the folder of models, or in the hub's cache. */
  async model(name: string): Promise<string | Missing> {
    const own = join(this.folders.models, name);
    if (existsSync(own)) return own;
    const folder = (PAPER_FOLDERS as Readonly<Record<string, PaperFolder>>)[name] ?? {};
    const cached = folder.hub && (await inHubCache(folder.hub));
    if (cached) return cached;
    const how = [folder.hub && `blip2 download ${folder.hub}`, folder.how].filter(Boolean).join('; or ');
    return { what: `model ${name}`, why: `not in ${own}`, how };
  }

  /** The set of an evaluation, read. */
  set(evaluation: PaperEvaluation): QuestionSet | CaptionSet | Missing {
    const { task, set, split } = PAPER_EVALUATIONS[evaluation];
    const key = `${set} ${split}`;
    const known = this.sets.get(key);
    if (known) return known;
    const found = this.open(task, set, split);
    this.sets.set(key, found);
    return found;
  }

  private open(
    task: (typeof PAPER_EVALUATIONS)[PaperEvaluation]['task'],
    set: (typeof PAPER_EVALUATIONS)[PaperEvaluation]['set'],
    split: string,
  ): QuestionSet | CaptionSet | Missing {
    const dir = join(this.folders.sets, set);
    const specification = `${set}?${new URLSearchParams({ dir, split }).toString()}`;
    try {
      return task === 'vqa' ? openQuestionSet(specification) : openCaptionSet(specification);
    } catch (error) {
      if (!(error instanceof Blip2Error)) throw error;
      const source = manifestOf(set)?.source;
      const how = `from ${source}; ${dir} should look like this:\n${evaluationSetLayout(set, split)}`;
      return { what: `${set} ${split}`, why: error.message, how };
    }
  }
}

/** Is it something that was not found? */
export const isMissing = (found: unknown): found is Missing =>
  typeof found === 'object' && found !== null && 'how' in found;

/** The folder of a model's newest files in the hub's cache. */
async function inHubCache(id: string): Promise<string | undefined> {
  const { getHFHubCachePath } = await import('@huggingface/hub');
  const folder = join(getHFHubCachePath(), `models--${id.replace('/', '--')}`);
  const ref = join(folder, 'refs', 'main');
  if (!existsSync(ref)) return undefined;
  const snapshot = join(folder, 'snapshots', readFileSync(ref, 'utf8').trim());
  return existsSync(snapshot) ? snapshot : undefined;
}
