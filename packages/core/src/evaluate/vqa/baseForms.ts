/**
 * Answers in their base form, as OK-VQA is scored in LAVIS. There spaCy's en_core_web_sm, a trained model, says what is a
 * noun or a verb; here WordNet's words and rules do, word by word: docs/metrics.md has how often the two agree.
 */

/** spaCy takes these for auxiliaries, which stay. */
const AUXILIARIES = new Set(['am', 'is', 'are', 'was', 'were', 'be', 'been', 'being']);

/**
 * What puts an answer's nouns and verbs into their base form: "eating grapes" gives "eat grape". WordNet's words are
 * loaded by this, which takes a second.
 */
export async function loadBaseForms(): Promise<(answer: string) => string> {
  const { noun, verb } = await import('wink-lemmatizer');
  // A form that could be either is mostly a thing in answers.
  const baseForm = (word: string) => {
    if (AUXILIARIES.has(word)) return word;
    const singular = noun(word);
    return singular === word ? verb(word) : singular;
  };
  return (answer) => answer.split(' ').map(baseForm).join(' ');
}
