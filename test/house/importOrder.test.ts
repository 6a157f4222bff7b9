// The order of the folders in packages/core/src is enforced: deliberately wrong imports fail the lint.
import { ESLint } from 'eslint';
import { expect, it } from 'vitest';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({
  // Without types: only the imports matter here.
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { project: null } } },
  ],
  ruleFilter: ({ ruleId }) => ruleId.startsWith('boundaries/') || ruleId === 'no-restricted-imports',
});

/** The rules that one import breaks, in a file of that folder. */
async function broken(folder: string, from: string): Promise<string[]> {
  const [result] = await eslint.lintText(`import * as it from '${from}';\nexport default it;\n`, {
    filePath: `packages/core/src/${folder}/probe.ts`,
  });
  return result.messages.map((message) => message.ruleId ?? message.message);
}

it.each([
  ['nn', '../runtime'],
  ['models', '../nn'],
  ['losses', '../models'],
  ['train', '../data'],
  ['notebook', '../recipes'],
  ['cli', '../runtime'],
  ['runtime', '@tensorflow/tfjs-node-gpu'],
])('%s may import %s', async (folder, from) => {
  expect(await broken(folder, from)).toEqual([]);
});

it.each([
  ['runtime', '../nn', 'boundaries/dependencies'],
  ['nn', '../models', 'boundaries/dependencies'],
  ['models', '../losses', 'boundaries/dependencies'],
  ['data', '../train', 'boundaries/dependencies'],
  ['recipes', '../notebook', 'boundaries/dependencies'],
  ['models', '../runtime/errors', 'no-restricted-imports'],
  ['models', '@tensorflow/tfjs-node-gpu', 'no-restricted-imports'],
])('%s must not import %s', async (folder, from, rule) => {
  expect(await broken(folder, from)).toContain(rule);
});
