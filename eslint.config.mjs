// Lint rules. The one that matters most is the order of the folders in packages/core/src: see FOLDERS.
import boundaries from 'eslint-plugin-boundaries';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The folders of packages/core/src, left to right: each imports from those before it and from itself. */
const FOLDERS = [
  ...['runtime', 'nn', 'text', 'image', 'models', 'losses', 'checkpoints', 'generate', 'attention'],
  ...['inference', 'data', 'train', 'evaluate', 'capfilt', 'recipes', 'studies', 'notebook', 'report', 'cli'],
];

const importOrder = FOLDERS.map((folder, rank) => ({
  from: { element: { type: folder } },
  allow: { to: { element: { types: { anyOf: FOLDERS.slice(0, rank + 1) } } } },
}));

export default defineConfig(
  {
    ignores: [
      '**/dist/**',
      '**/labextension/**',
      '**/node_modules/**',
      '.blip2/**',
      '.nx/**',
      'runs/**',
      'docs/api/**',
      'packages/jupyter-ext/lib/**',
      'packages/core/explorer.js',
      'notebooks/**',
    ],
  },
  {
    files: [
      'packages/core/src/**/*.ts',
      'packages/jupyter-ext/src/**/*.ts',
      'datasets/src/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
      'docs/figures/*.ts',
      '*.config.mts',
    ],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        // The extension runs in a browser: a program of its own.
        project: ['./tsconfig.json', './packages/jupyter-ext/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', { max: 350 }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // Numbers, shapes and flags belong in messages.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowArray: true },
      ],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'boundaries/elements': FOLDERS.map((type) => ({ type, pattern: `packages/core/src/${type}` })),
      'boundaries/include': ['packages/core/src/**/*.ts'],
      'import/resolver': { node: { extensions: ['.ts', '.js', '.json'] } },
    },
    rules: {
      'boundaries/no-unknown-dependencies': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          message:
            '{{from.element.type}} must not import from {{to.element.type}}: imports point leftwards only (see docs/README.md).',
          policies: importOrder,
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${FOLDERS.join('|')})/.+`,
              message: "Import from the folder's index: '../runtime', not '../runtime/errors'.",
            },
            {
              group: ['@tensorflow/*'],
              message: "Only runtime/ knows TensorFlow: import { tf, type Tensor } from '../runtime'.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ['packages/core/src/runtime/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-undef': 'off', 'no-unused-vars': 'error', 'max-lines': ['error', { max: 350 }] },
  },
);
