/** One model asked on public sets, one after the other: it is loaded once. */
import { canonicalJson, sha256, type JsonObject, type WeightsType } from '../../checkpoints';
import type { CaptionSet, QuestionSet } from '../../data';
import {
  evaluateCaptionSet,
  evaluateQuestionSet,
  evaluateRetrievalSet,
  modelRecord,
  type AnswerRecord,
  type SetCaptionRecord,
  type RetrievalRecord,
  type SetEvaluationOptions,
  type SetSummary,
} from '../../evaluate';
import type { AskOptions } from '../../inference';
import { openBlip2, openBlip2Retrieval } from '../../recipes';

/** What is done with a set. */
export type SetTask = SetSummary['task'];

/** What an evaluation gives back. */
export interface SetEvaluation {
  summary: SetSummary;
  records: readonly (AnswerRecord | SetCaptionRecord | RetrievalRecord)[];
}

/** How a set is evaluated on. */
export interface OnSetOptions extends Omit<SetEvaluationOptions, 'model'> {
  /** Of answers and captions. */
  generation?: AskOptions;
  /** Of captions. */
  prompt?: string;
  /** Of retrieval. */
  k?: number;
}

/** A model that is loaded when it is first asked. */
export class SetEvaluator {
  private writing: ReturnType<typeof openBlip2> | undefined;
  private scoring: ReturnType<typeof openBlip2Retrieval> | undefined;
  readonly record: JsonObject;

  /**
   * @param model a folder, or a run
   * @param dtype how a folder's matrices are held
   * @throws Blip2Error if there is none
   */
  constructor(
    private readonly model: string,
    private readonly dtype?: WeightsType,
  ) {
    this.record = { ...modelRecord(model), ...(dtype && { dtype }) };
  }

  /** Answers, describes or ranks all of a set. */
  async evaluate(
    task: SetTask,
    set: QuestionSet | CaptionSet,
    options: OnSetOptions,
  ): Promise<SetEvaluation> {
    const all = { ...options, model: this.record };
    if (task === 'retrieval') {
      const { scorer } = await (this.scoring ??= openBlip2Retrieval(this.model, { dtype: this.dtype }));
      return evaluateRetrievalSet(scorer, set as CaptionSet, all);
    }
    const model = await (this.writing ??= openBlip2(this.model, { dtype: this.dtype }));
    return task === 'vqa'
      ? evaluateQuestionSet(model, set as QuestionSet, all)
      : evaluateCaptionSet(model, set as CaptionSet, all);
  }

  /** Gives the memory back. */
  async dispose(): Promise<void> {
    (await this.writing)?.dispose();
    (await this.scoring)?.dispose();
  }
}

/** A name for a folder of results, another one where anything is asked otherwise. */
export function evaluationName(
  task: SetTask,
  { name, split, identity }: QuestionSet | CaptionSet,
  model: JsonObject,
  options: JsonObject,
): string {
  const hash = sha256(canonicalJson({ task, identity, model, options })).slice(0, 8);
  return `${name}-${split}-${task}-${model.name as string}-${hash}`;
}
