import type { BroughtFile, BroughtKind } from './brought-files.ts';
import { splitFrontMatter } from './front-matter.ts';
import { parseLoosely, serversIn } from './named-files.ts';
import { shown } from './shown.ts';

/** Of what only words and preferences are in. What starts, connects, allows or reads is shown whole: it may stand at the end. */
const MAX_LINES = 40;
const MAX_LINE = 300;
const MAX_NAME = 100;

/**
 * What a file would do, for the person who is asked: command lines and addresses, every setting, and the names of the
 * variables that it would read. Safe for a terminal.
 */
export function describeBrought(file: BroughtFile): readonly string[] {
  if (file.text === undefined) return ['cannot be read, or is too large; it is not used'];
  const lines = effectsOf(file, file.text);
  const reads = (file.kind === 'program' ? [] : variableLines(file.text)).map((line) => shown(line));
  if (IS_WHOLE[file.kind]) return [...lines.map((line) => shown(line)), ...reads];
  const more = lines.length - MAX_LINES;
  const first = lines.slice(0, MAX_LINES).map((line) => shown(line, MAX_LINE));
  return [...first, ...(more > 0 ? [`… ${more} more lines; read the file itself`] : []), ...reads];
}

const IS_WHOLE: Readonly<Record<BroughtKind, boolean>> = {
  'tool-servers': true,
  configuration: true,
  keys: true,
  credentials: true,
  certificate: false,
  program: false,
  store: false,
  agent: false,
  policy: false,
};

function effectsOf({ kind }: BroughtFile, text: string): readonly string[] {
  switch (kind) {
    case 'tool-servers':
      return [...serverLines(text), ...serverSettings(text)];
    case 'program':
      return ['is run, or says what is run, by a tool server:', ...text.split('\n')];
    case 'certificate':
      return ['decides which endpoints are believed to be who they say', ...text.split('\n')];
    case 'credentials':
      return ['open a cloud, and say where tokens come from and what is sent for them', ...credentialLines(text)];
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

/** `starts the program "NAME": program argument …` or `connects "NAME" to URL`. All of them before any setting. */
function serverLines(text: string): readonly string[] {
  return serversIn(text).map(([name, entry]) => {
    const { command, args, url } = entry;
    const called = JSON.stringify(shown(name, MAX_NAME));
    if (isAddress(entry)) return `connects ${called} to ${word(url)}`;
    const words = [command, ...[args].flat()].filter((one) => one !== undefined).map(word);
    return `starts the program ${called}: ${words.join(' ')}`;
  });
}

/** As whoever starts them tells the two apart: an address that is no text is none, and the program beside it starts. */
function isAddress({ url }: Readonly<Record<string, unknown>>): boolean {
  return typeof url === 'string';
}

/** What else the entries hand over. */
function serverSettings(text: string): readonly string[] {
  return serversIn(text).flatMap(([name, entry]) => {
    const said = isAddress(entry) ? ['url'] : ['command', 'args'];
    const rest = Object.entries(entry).filter(([key]) => !said.includes(key));
    return settingLines(Object.fromEntries(rest), shown(name, MAX_NAME));
  });
}

function agentLines(text: string): readonly string[] {
  const { head, prompt } = splitFrontMatter(text);
  const values = parseLoosely(head);
  // What nobody can read as settings is shown as it stands.
  const settings = values === undefined ? head.split('\n') : settingLines(values);
  return [...settings, `says to the model: ${JSON.stringify(prompt.trim())}`];
}

/** What opens the door itself is nobody's to see: the file may be the user's own. */
const PRIVATE = /(?:private_key|secret|token|password|assertion)$/u;

function credentialLines(text: string): readonly string[] {
  const lines = settingLines(parseLoosely(text));
  return lines.map((line) => {
    const [name = ''] = line.split(': ', 1);
    return PRIVATE.test(name) ? `${name}: (not shown)` : line;
  });
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
