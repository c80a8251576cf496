/** What two characters behind a backslash begin, or what refers to elsewhere: nothing is read out of such a pattern. */
const MORE_THAN_TWO = /\\(?:[\dcukpxP]|$)/u;
const LITERAL = /[\w !"#%&',/:;<=>@`~-]/u;

/**
 * The longest text that every match of a regular expression holds, of characters that are the same byte in each encoding of one
 * byte and in UTF-8; empty: none is known. Asked of the bytes of a file first, it leaves most files unread. Pure.
 * @param pattern a regular expression of JavaScript, which tells large letters from small ones
 */
export function requiredText(pattern: string): string {
  // What is in a group may be left out or be one of several.
  if (/[|()]/u.test(pattern) || MORE_THAN_TWO.test(pattern)) return '';
  const runs: string[] = [''];
  for (const { 0: piece } of pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}|./gsu)) {
    const last = runs.at(-1) ?? '';
    if (piece.length === 1 && LITERAL.test(piece)) runs[runs.length - 1] = `${last}${piece}`;
    else {
      // The character before it may be there not once.
      if (/^[*?{]/u.test(piece)) runs[runs.length - 1] = last.slice(0, -1);
      runs.push('');
    }
  }
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}
