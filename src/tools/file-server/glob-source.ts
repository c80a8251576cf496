/** A glob of paths as the source of a regular expression: `*` and `?` stop at slashes, `**` does not. */
export function globSource(glob: string): string {
  let source = '';
  for (const { 0: piece } of glob.matchAll(/\/\*\*$|^\*\*\/|\/\*\*\/|\\.|\*+|\?|\[!?\]?[^\]]*\]|\{|./gsu)) {
    if (piece === '/**') source += '/.*';
    else if (piece === '**/') source += '(?:.*/)?';
    else if (piece === '/**/') source += '/(?:.*/)?';
    else if (piece.startsWith('*')) source += '[^/]*';
    else if (piece === '?') source += '[^/]';
    else if (piece.startsWith('[') && piece.length > 1) source += piece.replace(/^\[!/u, '[^');
    else source += escapedText(piece.startsWith('\\') ? piece.slice(1) : piece);
  }
  return source;
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
