import { codeOf } from './source-tree.ts';

/** Collections that are there to be changed. A `WeakMap` keeps what follows from an object that nobody changes, and goes with it. */
const EMPTY = /=\s*(?:new (?:Map|Set|WeakSet|Array)\b[^(\n]*\(\)|\[\];|\{\};)/u;
const CHANGERS = 'set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin';
const MAKERS = /=\s*(?:create|memo|memoize|remember|lazy|once|cached?)(?:[A-Z]\w*)?\(/u;

/**
 * What a module remembers from one call to the next: its variables, collections that are made empty, constants that its own code
 * changes, statics of classes, and what a function that is called at once keeps to itself. As texts to show.
 */
export function moduleMemory(text: string): readonly string[] {
  const code = codeOf(text);
  const statics = [
    ...code.matchAll(
      /\bstatic (?:#|(?!readonly\b))\w+[^\n(]*=|\bstatic readonly #?\w+[^=\n]*=\s*(?:new (?!WeakMap)|\[|\{|Object\.create)/gu,
    ),
  ];
  const variables = [...code.matchAll(/^(?:export )?let\s+\w+/gmu)];
  return [
    ...[...statics, ...variables].map(([found]) => found.trim()),
    ...constantsOf(code).flatMap(({ name, rest }) => (remembers(name, rest, code) ? [name] : [])),
  ];
}

interface Constant {
  readonly name: string;
  /** What stands behind the name, to the next line that begins at the margin. */
  readonly rest: string;
}

function constantsOf(code: string): readonly Constant[] {
  return [...code.matchAll(/^(?:export )?(?:const|var) (\w+)([\s\S]*?)(?=^\S|$(?![\s\S]))/gmu)].map(
    ([, name = '', rest = '']) => ({ name, rest }),
  );
}

function remembers(name: string, rest: string, code: string): boolean {
  const [head = ''] = rest.split('\n');
  if (/=\s*new WeakMap\b/u.test(head)) return false;
  const isReadonly = /^: (?:readonly\b|Readonly)/u.test(head);
  if (!isReadonly && EMPTY.test(head)) return true;
  if (MAKERS.test(head)) return true;
  const isCalledAtOnce = /=\s*\((?:async )?(?:\(|function\b)/u.test(head);
  if (isCalledAtOnce && /\blet\s|new (?:Map|Set|WeakSet|Array)\b|\[\];|\{\};/u.test(rest)) return true;
  const path = String.raw`\b${name}(?:\??\.\w+|!?\[[^\]\n]*\])*`;
  const written = String.raw`(?:\??\.\w+|!?\[[^\]\n]*\])\s*(?:(?:[-+*/|&?%^]|\?\?|\|\||&&|\*\*|<<|>>)?=(?![=>])|\+\+|--)`;
  return [
    String.raw`(?<![.\w])${path}\??\.(?:${CHANGERS})\(`,
    String.raw`(?<![.\w])${path}${written}`,
    String.raw`Object\.(?:assign|defineProperty|defineProperties|setPrototypeOf)\(\s*${name}\b`,
    String.raw`\bdelete ${name}\b`,
  ].some((pattern) => new RegExp(pattern, 'u').test(code));
}
