/**
 * Text as a part of a pattern that matches it and nothing else, outside of a class and under any flags: with `u` only signs of the syntax
 * may be escaped (ECMA-262, IdentityEscape), so a dash stands as it is. Pure.
 */
export function literalPattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`);
}
