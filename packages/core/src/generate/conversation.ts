/**
 * A conversation about an image, as in the paper's figure 4: each question is put into the language model's template,
 * after all questions and answers before it. Which model answers is the caller's affair.
 */

/** The paper's prompt for OPT. `{}` is the question. */
export const QUESTION_ANSWER = 'Question: {} Answer:';
/** The paper's prompt for FlanT5. */
export const QUESTION_SHORT_ANSWER = 'Question: {} Short answer:';

/** A question and what was answered. */
export interface Turn {
  question: string;
  answer: string;
}

/** Questions and answers about one thing, each with all that was said before it. */
export class Conversation {
  private readonly past: Turn[] = [];

  /**
   * @param reply the model's text for a prompt
   * @param template of a question; '{}' alone for prompts as they are
   */
  constructor(
    private readonly reply: (prompt: string) => Promise<string>,
    private readonly template: string = QUESTION_ANSWER,
  ) {}

  /** What was said so far. */
  get turns(): readonly Turn[] {
    return this.past;
  }

  /** The model's answer; it is part of the next question's prompt. */
  async ask(question: string): Promise<string> {
    const answer = await this.reply(this.prompt(question));
    this.add({ question, answer });
    return answer;
  }

  /** Takes up a turn that was not asked here: an example, or an answer that came with many others. */
  add(turn: Turn): void {
    this.past.push(turn);
  }

  /** What the model is given for a question now: "Question: … Answer: …. Question: … Answer:". */
  prompt(question: string): string {
    const said = this.past.map((turn) => `${this.put(turn.question)} ${sentence(turn.answer)}`);
    return [...said, this.put(question)].join(' ');
  }

  private put(question: string): string {
    return this.template.replace('{}', () => question);
  }
}

/** With a full stop, unless it ends in a mark of its own. */
const sentence = (answer: string): string => (/[.!?]$/.test(answer) ? answer : `${answer}.`);
