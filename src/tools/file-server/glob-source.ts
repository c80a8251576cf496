/** A class, as wildmatch of git has it: a bracket that comes first is in it, names of POSIX stand in it, and any sign may be escaped. */
const CLASS = String.raw`\[[!^]?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]`;
const PIECES = new RegExp(String.raw`((?<=^|/)\*\*+(?:/|$))|\\.|\*+|\?|(${CLASS})|.`, 'gs');

/** A glob of paths as the source of a regular expression: `*` and `?` stop at slashes, `**` does not. */
export function globSource(glob: string): string {
  let source = '';
  for (const [piece, folders, signs] of glob.matchAll(PIECES)) {
    if (folders !== undefined) source += folders.endsWith('/') ? '(?:.*/)?' : '.*';
    else if (signs !== undefined) source += classSource(signs);
    else if (piece.startsWith('*')) source += '[^/]*';
    else if (piece === '?') source += '[^/]';
    else source += escapedText(piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece);
  }
  return source;
}

/** Whether a bracket is opened and not closed, or nothing stands behind the last escape: git matches nothing by it. */
export function isBrokenGlob(glob: string): boolean {
  return [...glob.matchAll(PIECES)].some(([piece]) => piece === '[' || piece === '\\');
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: 'A-Fa-f0-9',
};

/** Never of a slash. */
function classSource(signs: string): string {
  const isNot = /^\[[!^]/u.test(signs);
  const inside = signs.slice(isNot ? 2 : 1, -1).replaceAll(/\[:(\w+):\]|\\(.)|[[\]^]/gsu, (sign, name, escaped) => {
    if (typeof name === 'string') return POSIX[name] ?? '';
    return typeof escaped === 'string' ? `\\${escaped}` : `\\${sign}`;
  });
  return `(?!/)[${isNot ? '^' : ''}${inside}]`;
}

export function escapedText(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/gu, (character) => (character === '-' ? '-' : `\\${character}`));
}

const MAX_ALTERNATIVES = 200;

/** `src/*.{ts,js}` as two globs. */
export function withoutBraces(glob: string): readonly string[] {
  let pending = [glob];
  const plain: string[] = [];
  while (pending.length > 0) {
    const [first = '', ...rest] = pending;
    const found = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(first);
    if (found === null || pending.length + plain.length > MAX_ALTERNATIVES) {
      plain.push(first);
      pending = rest;
      continue;
    }
    const [, before = '', inside = '', after = ''] = found;
    pending = [...inside.split(',').map((one) => `${before}${one}${after}`), ...rest];
  }
  return plain;
}
