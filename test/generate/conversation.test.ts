/** Figure 4's conversations: what the model is asked after a few questions. */
import { expect, test } from 'vitest';
import { Conversation, QUESTION_SHORT_ANSWER } from '../../packages/core/src/generate';

function scripted(...answers: string[]) {
  const prompts: string[] = [];
  const reply = async (prompt: string) => {
    prompts.push(prompt);
    return answers[prompts.length - 1];
  };
  return { prompts, reply };
}

test('each question comes after all questions and answers before it', async () => {
  const { prompts, reply } = scripted('singapore', 'it has a statue of a merlion', 'mermaid and lion');
  const conversation = new Conversation(reply);
  expect(await conversation.ask('which city is this?')).toBe('singapore');
  await conversation.ask('why?');
  await conversation.ask('where is the name merlion coming from?');
  expect(prompts).toEqual([
    'Question: which city is this? Answer:',
    'Question: which city is this? Answer: singapore. Question: why? Answer:',
    'Question: which city is this? Answer: singapore. Question: why? Answer: it has a statue of a merlion. ' +
      'Question: where is the name merlion coming from? Answer:',
  ]);
  expect(conversation.turns[1]).toEqual({ question: 'why?', answer: 'it has a statue of a merlion' });
});

test("FlanT5's template, or none", async () => {
  const short = new Conversation(scripted('red').reply, QUESTION_SHORT_ANSWER);
  await short.ask('what color?');
  expect(short.prompt('why?')).toBe('Question: what color? Short answer: red. Question: why? Short answer:');
  const bare = new Conversation(scripted('A love letter.').reply, '{}');
  await bare.ask('Write something.');
  expect(bare.prompt('Shorter.')).toBe('Write something. A love letter. Shorter.');
});

test('signs that mean something to String.replace are taken as they are', () => {
  expect(new Conversation(scripted().reply).prompt("$& {} $'")).toBe("Question: $& {} $' Answer:");
});

test('a question that fails leaves the conversation as it was', async () => {
  const conversation = new Conversation(async () => {
    throw new Error('no model');
  });
  await expect(conversation.ask('why?')).rejects.toThrow('no model');
  expect(conversation.turns).toEqual([]);
});

test('turns from elsewhere come first', () => {
  const conversation = new Conversation(scripted().reply);
  conversation.add({ question: 'what is it?', answer: 'a star' });
  expect(conversation.prompt('why?')).toBe('Question: what is it? Answer: a star. Question: why? Answer:');
});
