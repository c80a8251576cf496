import { codeOf } from './source-tree.ts';

/** Collections that are there to be changed. A `WeakMap` keeps what follows from an object that nobody changes, and goes with it. */
const EMPTY = /=\s*(?:new (?:Map|Set|WeakSet|Array)\b[^(\n]*\(\)|\[\];|\{\};)/u;
const CHANGERS = 'set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin';
const MAKERS = /=\s*(?:create|make|open|build|start|memo|memoize|remember|lazy|once|cached?)(?:[A-Z]\w*)?\(/u;
/** An instance of a class; but for tables, which are looked at by who changes them. */
const INSTANCE = /=\s*new (?!WeakMap\b|(?:Map|Set|Array|RegExp|(?:Int|Uint|Float|Big)\w*Array)\b)\w+/u;
/** What a function keeps between calls of the function that it gives back, or of its own generator. */
const KEPT = /\blet\s|new (?:Map|Set|WeakSet|Array)\b|\[\];|\{\};/u;
const GIVES_BACK =
  /^function ?\*|\breturn (?:async )?(?:\(?[\w\s,:{}<>[\]|]*\)?(?:: [^=\n]+)? =>|function\b|\{|new\b)/u;

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
  const variables = [
    ...code.matchAll(/^(?:export )?(?:let|var)\s+[\w{[]+|\bglobalThis(?:\.\w+|\[[^\]\n]*\])\s*=(?!=)/gmu),
  ];
  const takenApart = [...code.matchAll(/^(?:export )?const [{[][^=\n]*=[^\n]*new (?:Map|Set|WeakSet|Array)\b/gmu)];
  return [
    ...[...statics, ...variables, ...takenApart].map(([found]) => found.trim()),
    ...constantsOf(code).flatMap(({ name, rest }) => (remembers(name, rest, code) ? [name] : [])),
    ...functionsOf(code).flatMap(({ name }) => (isWritten(name, code) ? [name] : [])),
    ...placesInTexts(text),
  ];
}

/** Patterns that remember where they were: global or sticky ones that are asked by `test` or `exec`. */
function placesInTexts(text: string): readonly string[] {
  return [...text.matchAll(/^(?:export )?const (\w+)(?:: RegExp)? =\s*\/.*\/[a-z]*[gy][a-z]*;$/gmu)].flatMap(
    ([, name = '']) => (new RegExp(String.raw`(?<![.\w])${name}\.(?:test|exec)\(`, 'u').test(text) ? [name] : []),
  );
}

/** Functions that stand at the margin, with their whole text. */
function functionsOf(code: string): readonly Constant[] {
  return [...code.matchAll(/^(?:export )?((?:async )?function ?\*? ?(\w+)[\s\S]*?^\})/gmu)].map(
    ([, rest = '', name = '']) => ({ name, rest }),
  );
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
  const isCalledAtOnce = /=\s*(?:\((?:async )?(?:\(|function\b)|function\b)/u.test(head);
  if (isCalledAtOnce && /\blet\s|new (?:Map|Set|WeakSet|Array)\b|\[\];|\{\};/u.test(rest)) return true;
  if (INSTANCE.test(head) || isMadeHere(head, code)) return true;
  const path = String.raw`\b${name}(?:\??\.\w+|!?\[[^\]\n]*\])*`;
  return (
    isWritten(name, code) ||
    [
      String.raw`(?<![.\w])${path}\??\.(?:${CHANGERS})\(`,
      String.raw`Object\.(?:assign|defineProperty|defineProperties|setPrototypeOf)\(\s*${name}\b`,
      String.raw`\bdelete ${name}\b`,
    ].some((pattern) => new RegExp(pattern, 'u').test(code))
  );
}

/** Made by a function of this module that keeps something for what it gives back. */
function isMadeHere(head: string, code: string): boolean {
  const maker = /=\s*(\w+)\(/u.exec(head)?.[1];
  return [...functionsOf(code), ...constantsOf(code)].some(
    ({ name, rest }) => name === maker && GIVES_BACK.test(rest) && (KEPT.test(rest) || /^function ?\*/u.test(rest)),
  );
}

/** Whether something is written at a place of this name: `name.last = 1`, `name[0]++`. */
function isWritten(name: string, code: string): boolean {
  const path = String.raw`\b${name}(?:\??\.\w+|!?\[[^\]\n]*\])*`;
  const written = String.raw`(?:\??\.\w+|!?\[[^\]\n]*\])\s*(?:(?:[-+*/|&?%^]|\?\?|\|\||&&|\*\*|<<|>>)?=(?![=>])|\+\+|--)`;
  return new RegExp(String.raw`(?<![.\w])${path}${written}`, 'u').test(code);
}
