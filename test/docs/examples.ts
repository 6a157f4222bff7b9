/** The TypeScript examples of a page of the documentation, as one program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export const root = join(import.meta.dirname, '..', '..');

const BLOCK = /^( *)```ts\n([^]*?)^\1```$/gm;
const IMPORT = /^import [^]*?;\n/gm;

/** The examples of a page, in order. */
export function examplesOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(BLOCK)].map(([, , code]) => code);
}

/**
 * One program of all examples of a page. Later ones see the names of earlier ones, and may use a name anew: each lies in
 * a block inside that of the one before.
 *
 * @param context what the page takes for granted: imports and declarations
 */
export function programOf(examples: readonly string[], context = ''): string {
  const imports = new Set(examples.flatMap((code) => code.match(IMPORT) ?? []));
  const bodies = examples.map((code) => `{\n${code.replace(IMPORT, '').replace(/^export /gm, '')}`);
  const names = merged([...(context.match(IMPORT) ?? []), ...imports]);
  return `${names}${context.replace(IMPORT, '')}\n${bodies.join('\n')}\n${'}'.repeat(bodies.length)}\nexport {};\n`;
}

/** Imports of the same module, of which a name may come up twice, as one of each name. */
function merged(imports: readonly string[]): string {
  const seen = new Set<string>();
  return imports
    .flatMap((text) => {
      const [, type, list, from] = /^import (type )?\{([^}]*)\} from (.*);\n$/.exec(text) ?? [];
      if (!list) return seen.has(text) ? [] : [text];
      const fresh = list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !seen.has(name.replace(/^type /, '')));
      for (const name of fresh) seen.add(name.replace(/^type /, ''));
      return fresh.length === 0 ? [] : [`import ${type ?? ''}{ ${fresh.join(', ')} } from ${from};\n`];
    })
    .join('');
}

/** What the compiler has to say of programs, by name; the library's sources stand for the library. */
export function typeErrors(programs: Readonly<Record<string, string>>): Record<string, string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const fileOf = (name: string) => join(root, 'test', 'docs', `${name.replace(/\W/g, '_')}.example.ts`);
  const texts = new Map(Object.entries(programs).map(([name, text]) => [fileOf(name), text]));
  const original = { ...host };
  host.fileExists = (file) => texts.has(file) || original.fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    texts.has(file)
      ? ts.createSourceFile(file, texts.get(file)!, ts.ScriptTarget.ES2022)
      : original.getSourceFile(file, ...rest);
  const program = ts.createProgram([...texts.keys()], { ...options, noUnusedLocals: false }, host);
  const complaintsOf = (file: string) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText, start = 0 }) => {
        const text = texts.get(file)!;
        const line = text.slice(0, start).split('\n').length;
        return `${ts.flattenDiagnosticMessageText(messageText, '\n')} <- ${text.split('\n')[line - 1].trim()}`;
      },
    );
  };
  return Object.fromEntries(Object.keys(programs).map((name) => [name, complaintsOf(fileOf(name))]));
}
