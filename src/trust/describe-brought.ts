import type { BroughtFile } from './brought-files.ts';
import { parseLoosely, toRecord } from './named-files.ts';
import { shown } from './shown.ts';

const MAX_LINES = 40;
const MAX_LINE = 300;
/** A command line is shown in full, or nearly so: what it does may stand at its end. */
const MAX_PROGRAM = 4000;

/**
 * What a file would do, for the person who is asked: command lines and addresses, every setting, and the names of the
 * variables that it would read. Safe for a terminal.
 */
export function describeBrought(file: BroughtFile): readonly string[] {
  if (file.text === undefined) return ['cannot be read, or is too large; it is not used'];
  const programs = file.kind === 'tool-servers' ? serverLines(file.text) : [];
  const lines = [...effectsOf(file, file.text), ...variableLines(file.text)].map((line) => shown(line, MAX_LINE));
  const more = lines.length - MAX_LINES;
  return [
    // However many there are: none is hidden behind others.
    ...programs.map((line) => shown(line, MAX_PROGRAM)),
    ...(more > 0 ? [...lines.slice(0, MAX_LINES), `… ${more} more lines; read the file itself`] : lines),
  ];
}

function effectsOf({ kind }: BroughtFile, text: string): readonly string[] {
  switch (kind) {
    case 'tool-servers':
      return serverSettings(text);
    case 'agent':
      return agentLines(text);
    case 'store':
      return [`jobs that could be resumed and records that would teach the router: ${text.split('\n').join(', ')}`];
    case 'keys':
      return ['keys that would open the gateway or be sent to vendors'];
    case 'configuration':
    case 'policy':
      return settingLines(parseLoosely(text));
  }
}

/** `starts NAME: program argument …` or `connects NAME to URL`. */
function serverLines(text: string): readonly string[] {
  return serversIn(text).map(([name, { command, args, url }]) => {
    const words = [command, ...[args].flat()].filter((one) => one !== undefined).map(word);
    return url === undefined
      ? `starts the program "${name}": ${words.join(' ')}`
      : `connects "${name}" to ${word(url)}`;
  });
}

const IN_PROGRAM_LINE: ReadonlySet<string> = new Set(['command', 'args', 'url']);

/** What else the entries hand over. */
function serverSettings(text: string): readonly string[] {
  return serversIn(text).flatMap(([name, entry]) => {
    const rest = Object.entries(entry).filter(([key]) => !IN_PROGRAM_LINE.has(key));
    return settingLines(Object.fromEntries(rest), name);
  });
}

/** As whoever starts them reads it; a list that is no JSON starts nothing. */
function serversIn(text: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  const { mcpServers } = toRecord(parseJson(text) ?? parseLoosely(text));
  return Object.entries(toRecord(mcpServers)).map(([name, entry]) => [name, toRecord(entry)] as const);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/u, ''));
  } catch {
    return undefined;
  }
}

function agentLines(text: string): readonly string[] {
  const [, head = '', prompt = ''] = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---([\s\S]*)$/u.exec(text) ?? [];
  const words = prompt.trim();
  return [...settingLines(parseLoosely(head)), `says to the model: ${JSON.stringify(words)}`];
}

function variableLines(text: string): readonly string[] {
  const names = new Set([...text.matchAll(/\$\{([^}:]*)/gu)].map(([, name]) => name ?? ''));
  return names.size === 0 ? [] : [`reads from your environment: ${[...names].join(', ')}`];
}

/** Every leaf as `a.b.c: value`. */
function settingLines(value: unknown, at = ''): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [`${at}: ${word(value)}`];
  const entries = Array.isArray(value) ? value.map((one, index) => [String(index), one]) : Object.entries(value);
  return entries.flatMap(([key, inner]) => settingLines(inner, at === '' ? String(key) : `${at}.${String(key)}`));
}

function word(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[\w@%+=:,./${}-]+$/u.test(text) ? text : JSON.stringify(text);
}
