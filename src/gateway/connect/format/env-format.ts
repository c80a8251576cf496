import type { ConfigFormat } from './config-format.ts';

const VARIABLE = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/u;

/** A file of variables, one a line, with comments between them. A value that goes on in the next line is read as its first line. */
export const envFormat: ConfigFormat = {
  read: (text) =>
    Object.fromEntries(
      linesOf(text).flatMap(({ line }) => {
        const [, name = '', value = ''] = VARIABLE.exec(line) ?? [];
        return name === '' ? [] : [[name, plain(value.trim())]];
      }),
    ),
  set: (text, [name = ''], value) => {
    const lines = linesOf(text);
    const end = text.includes('\r\n') ? '\r\n' : '\n';
    const line = `${name}=${JSON.stringify(value)}`;
    // All of them: readers differ in which of two they obey.
    const changed = lines.map((one) => (nameIn(one.line) === name ? { ...one, line } : one));
    if (lines.some((one) => nameIn(one.line) === name)) return joined(changed);
    return `${joined(lines.map((one) => (one.end === '' ? { ...one, end } : one)))}${line}${end}`;
  },
  remove: (text, [name = '']) => joined(linesOf(text).filter(({ line }) => nameIn(line) !== name)),
};

interface Line {
  readonly line: string;
  /** Empty where the text ends without one. */
  readonly end: string;
}

function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/([^\r\n]*)(\r?\n|\r|$)/gu)]
    .map(([, line = '', end = '']) => ({ line, end }))
    .filter(({ line, end }) => line + end !== '');
}

function joined(lines: readonly Line[]): string {
  return lines.map(({ line, end }) => line + end).join('');
}

function nameIn(line: string): string | undefined {
  return VARIABLE.exec(line)?.[1];
}

/** Without quotes, and without the comment behind it. */
function plain(value: string): string {
  const [, double, single] = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?$/u.exec(value) ?? [];
  if (double !== undefined) return jsonString(double);
  return single ?? value.replace(/\s*#.*$/u, '');
}

function jsonString(inner: string): string {
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}
