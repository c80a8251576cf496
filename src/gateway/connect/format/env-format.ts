import type { ConfigFormat } from './config-format.ts';

const VARIABLE = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/u;

/** A file of variables, one a line, with comments between them. A value that goes on in the next line is read as its first line. */
export const envFormat: ConfigFormat = {
  read: (text) =>
    Object.fromEntries(
      text.split(/\r?\n/u).flatMap((line) => {
        const [, name = '', value = ''] = VARIABLE.exec(line) ?? [];
        return name === '' ? [] : [[name, unquoted(value.trim())]];
      }),
    ),
  set: (text, [name = ''], value) => {
    const lines = text === '' ? [] : text.replace(/\n$/u, '').split('\n');
    const line = `${name}=${JSON.stringify(value)}`;
    // All of them: readers differ in which of two they obey.
    const hasIt = lines.some((one) => nameIn(one) === name);
    const changed = lines.map((one) => (nameIn(one) === name ? line : one));
    return `${(hasIt ? changed : [...lines, line]).join('\n')}\n`;
  },
  remove: (text, [name = '']) =>
    text
      .split('\n')
      .filter((line) => nameIn(line) !== name)
      .join('\n'),
};

function nameIn(line: string): string | undefined {
  return VARIABLE.exec(line)?.[1];
}

function unquoted(value: string): string {
  if (/^"(?:[^"\\]|\\.)*"$/u.test(value)) return String(jsonString(value));
  return /^'[^']*'$/u.test(value) ? value.slice(1, -1) : value;
}

function jsonString(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value.slice(1, -1);
  }
}
