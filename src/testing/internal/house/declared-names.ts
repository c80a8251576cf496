import { isTestFile } from './source-tree.ts';

/** One declaration at the top level of a file. */
export interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly kind: 'type' | 'value';
  readonly isExported: boolean;
  /** Its text without comments, spaces and its own name: what two declarations of one thing share. */
  readonly body: string;
}

const HEAD =
  /^(export )?(?:declare )?(?:abstract )?(?:async )?(function\*?|class|interface|type|const|let|enum) (\w+)/u;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/gmu;
const KINDS_OF_TYPES = new Set(['class', 'interface', 'type', 'enum']);

/** Everything that the files declare at their top level, tests left out. */
export function declaredIn(texts: ReadonlyMap<string, string>): readonly Declaration[] {
  return [...texts]
    .filter(([file]) => file.endsWith('.ts') && !isTestFile(file))
    .flatMap(([file, text]) => statementsOf(text).flatMap((statement) => declarationIn(file, statement)));
}

/** The statements of a formatted file: each begins in the first column, with a letter. */
function statementsOf(text: string): readonly string[] {
  return text.replaceAll(COMMENT, '').split(/\n(?=[a-z])/u);
}

function declarationIn(file: string, statement: string): readonly Declaration[] {
  const [head, exported, keyword = '', name] = HEAD.exec(statement.trimStart()) ?? [];
  if (head === undefined || name === undefined) return [];
  const own = new RegExp(`\\b${name}\\b`, 'gu');
  const body = statement
    .replace(/^\s*export /u, '')
    .replaceAll(own, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  const kind = KINDS_OF_TYPES.has(keyword) ? 'type' : 'value';
  return [{ file, name, kind, isExported: exported !== undefined, body }];
}

/** Names that two files export, and names of a type in one file that another exports: `Answer: a.ts, b.ts`. */
export function sharedNames(declared: readonly Declaration[]): readonly string[] {
  return groups(declared, ({ name }) => name)
    .filter((all) => {
      const exporting = filesOf(all.filter(({ isExported }) => isExported));
      return exporting.length > 1 || (exporting.length === 1 && all.some(({ kind }) => kind === 'type'));
    })
    .map((all) => `${all[0]?.name ?? ''}: ${filesOf(all).join(', ')}`);
}

/** Short bodies are alike by chance: `const _ = 5;`. */
const LEAST_CHARS = 60;

/** Values that stand in two files with the same text, whatever they are called there; types under one name (two ideas may have one form). */
export function twins(declared: readonly Declaration[]): readonly string[] {
  return groups(declared, ({ kind, name, body }) => (kind === 'type' ? `${name} ${body}` : body))
    .filter(([one]) => (one?.body.length ?? 0) >= LEAST_CHARS)
    .map((all) => all.map(({ file, name }) => `${name} in ${file}`).join(', '));
}

/** Declarations of more than one file that share a key. */
function groups(
  declared: readonly Declaration[],
  keyOf: (one: Declaration) => string,
): readonly (readonly Declaration[])[] {
  return [...Map.groupBy(declared, keyOf).values()].filter((all) => filesOf(all).length > 1);
}

function filesOf(declared: readonly Declaration[]): readonly string[] {
  return [...new Set(declared.map(({ file }) => file))].sort();
}
