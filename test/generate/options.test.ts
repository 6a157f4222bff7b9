/** Generation's options: transformers' defaults, and one clear error for each way to get them wrong. */
import { describe, expect, test } from 'vitest';
import { parseGeneration } from '../../packages/core/src/generate';

test('defaults are those of transformers', () => {
  expect(parseGeneration({})).toEqual({
    maxNewTokens: 20,
    minNewTokens: 0,
    numBeams: 1,
    lengthPenalty: 1,
    earlyStopping: false,
    doSample: false,
    temperature: 1,
    topK: 50,
    topP: 1,
    repetitionPenalty: 1,
    noRepeatNgramSize: 0,
    numReturnSequences: 1,
    seed: 0,
    eosTokenId: [],
    padTokenId: 0,
  });
});

test('one end token or several; rows that are done go on with the first of them', () => {
  expect(parseGeneration({ eosTokenId: 7 })).toMatchObject({ eosTokenId: [7], padTokenId: 7 });
  expect(parseGeneration({ eosTokenId: [7, 3] })).toMatchObject({ eosTokenId: [7, 3], padTokenId: 7 });
  expect(parseGeneration({ eosTokenId: 7, padTokenId: 1 })).toMatchObject({ padTokenId: 1 });
});

test('defaults of the model hold where the caller says nothing', () => {
  const defaults = { numBeams: 5, lengthPenalty: -1, eosTokenId: 2 };
  expect(parseGeneration({ numBeams: 1, eosTokenId: undefined }, defaults)).toMatchObject({
    numBeams: 1,
    lengthPenalty: -1,
    eosTokenId: [2],
  });
  // A helper that draws by default can be told not to.
  expect(() => parseGeneration({ doSample: false }, { doSample: true, topP: 0.9 })).not.toThrow();
});

describe('errors', () => {
  test.each([
    [{ maxNewTokens: 0 }, 'maxNewTokens: Too small'],
    [{ maxNewTokens: 2.5 }, 'maxNewTokens: Invalid input: expected int'],
    [{ minNewTokens: -1 }, 'minNewTokens: Too small'],
    [{ numBeams: 0 }, 'numBeams: Too small'],
    [{ lengthPenalty: NaN }, 'lengthPenalty: Invalid input'],
    [{ earlyStopping: 'always' }, 'earlyStopping: Invalid input'],
    [{ doSample: true, temperature: 0 }, 'temperature: Too small'],
    [{ doSample: true, topK: -1 }, 'topK: Too small'],
    [{ doSample: true, topP: 0 }, 'topP: Too small'],
    [{ doSample: true, topP: 1.1 }, 'topP: Too big'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty: Too small'],
    [{ noRepeatNgramSize: 1.5 }, 'noRepeatNgramSize: Invalid input: expected int'],
    [{ numReturnSequences: 0 }, 'numReturnSequences: Too small'],
    [{ eosTokenId: -1 }, 'eosTokenId: '],
    [{ maxLength: 30 }, 'unknown option maxLength'],
    [{ numReturnSequences: 2 }, '2 texts per prompt cannot come from 1 beam'],
    [{ numReturnSequences: 4, numBeams: 3 }, '4 texts per prompt cannot come from 3 beams'],
    [{ doSample: true, numBeams: 2 }, 'doSample with 2 beams'],
    [{ minNewTokens: 21 }, 'minNewTokens 21 is above maxNewTokens 20'],
    [{ topP: 0.9 }, 'topP has no effect without doSample'],
  ])('%j', (options, message) => {
    const parse = () => parseGeneration(options as never);
    expect(parse).toThrow(`Generation: ${message}`);
    expect(parse).toThrow(expect.objectContaining({ hint: expect.any(String) as string, exitCode: 2 }));
  });

  test('the hint for an unknown option lists those that there are', () => {
    expect(() => parseGeneration({ beams: 2 } as never)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('numBeams') as string }),
    );
  });
});
