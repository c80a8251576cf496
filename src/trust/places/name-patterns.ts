const MAX_ALTERNATIVES = 256;
const MAX_LENGTH = 256;
const ANY = Array.from('abcdefghijklmnopqrstuvwxyz0123456789._-');

/** Which places matter. */
export interface PatternTargets {
  readonly names: readonly string[];
  readonly isProtected: (path: string) => boolean;
}

/**
 * What a word with wildcards or braces could stand for: all that its braces and classes of letters say, and the protected places
 * that its wildcards leave open, as `.gi?/config` does `.git/config`. A wildcard beside nothing but an ending (`*.json`) means
 * whatever is there, and is no name. `undefined`: more places than anybody could judge.
 */
export function placesOfPattern(word: string, targets: PatternTargets): readonly string[] | undefined {
  if (word.length > MAX_LENGTH || !/[*?[{]/u.test(word)) return [];
  const spelled = expand(word)?.flatMap((one) => one.split(','));
  return spelled?.flatMap((one) => [one, ...ofSingle(one, targets), ...ofStars(one, targets)]);
}

/** One alternative after the other, from the inside out: `a{b,c}` as `ab` and `ac`, `a[bc]` too. */
function expand(word: string): readonly string[] | undefined {
  let words = [word];
  for (;;) {
    const next = words.flatMap((one) => {
      const [all, listed, letters] = /\{([^{}]*,[^{}]*)\}|\[([\w.]{1,8})\]/u.exec(one) ?? [];
      if (all === undefined) return [one];
      return (listed?.split(',') ?? Array.from(letters ?? '')).map((part) => one.replace(all, () => part));
    });
    if (next.length > MAX_ALTERNATIVES) return undefined;
    if (next.length === words.length && next.every((one, index) => one === words[index])) return words;
    words = next;
  }
}

/** One letter that may be any. */
function ofSingle(pattern: string, { isProtected }: PatternTargets): readonly string[] {
  if (pattern.split('?').length !== 2 || literalLength(pattern) < 2) return [];
  return ANY.map((letter) => pattern.replace('?', letter)).filter(isProtected);
}

function ofStars(pattern: string, targets: PatternTargets): readonly string[] {
  const names = pattern.split(/[\\/]/u);
  return names.flatMap((name, index) =>
    matches(name, targets).map((found) => [...names.slice(0, index), found, ...names.slice(index + 1)].join('/')),
  );
}

function matches(name: string, targets: PatternTargets): readonly string[] {
  if (!/[*?]/u.test(name) || /^\*+(?:\.[\w-]+)*$/u.test(name) || literalLength(name) < 2) return [];
  const source = name.toLowerCase().replaceAll(/\*+|\?|[^*?]+/gu, (part) => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : part.replaceAll(/[$()+.[\\\]^{|}/]/gu, String.raw`\$&`);
  });
  const shape = new RegExp(`^${source}$`, 'u');
  return targets.names.filter((one) => shape.test(one));
}

function literalLength(name: string): number {
  return name.replaceAll(/[*?]/gu, '').length;
}
