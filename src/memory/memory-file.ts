import { isDay, type At } from '../domain/time.ts';
import { splitFrontMatter } from '../trust/front-matter.ts';

export const MEMORY_KINDS = ['fact', 'decision', 'convention'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];
export const MEMORY_SCOPES = ['project', 'user'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

/** One thing that is remembered. */
export interface Memory {
  /** Name of its file without `.md`, unique in its scope. */
  readonly name: string;
  readonly scope: MemoryScope;
  readonly kind: MemoryKind;
  readonly text: string;
  /** Where it comes from, such as the id of a job; `undefined`: its file does not say. */
  readonly from: string | undefined;
  readonly madeAt: At | undefined;
  /** From then on it is not offered any more. `undefined`: it stays. */
  readonly expiresAt: At | undefined;
}

/** What a file says, or why it is not read. */
export type MemoryReading = { readonly memory: Memory } | { readonly why: string };

/**
 * Reads a file as people write it: without front matter all of it is the text, and a field that says nothing known is passed over. But one whose end
 * cannot be read is not read at all: else it would never end. Total.
 */
export function readMemory(name: string, scope: MemoryScope, text: string): MemoryReading {
  const hasHead = /^\uFEFF?---\s*\r?\n/u.test(text);
  const { head, prompt } = hasHead ? splitFrontMatter(text) : { head: '', prompt: text };
  const fields = fieldsIn(head);
  const [kind, made] = ['kind', 'made'].map((key) => fields.get(key)?.value);
  const expires = fields.get('expires');
  const expiresAt = momentIn(expires?.value);
  if (expires !== undefined && expiresAt === undefined)
    return { why: `its "expires" in line ${expires.line} is no day that there is, such as 2027-01-31` };
  const memory: Memory = {
    name,
    scope,
    kind: MEMORY_KINDS.find((one) => one === kind) ?? 'fact',
    text: (prompt === '' && hasHead ? '' : prompt).trim(),
    from: fields.get('from')?.whole,
    madeAt: momentIn(made),
    expiresAt,
  };
  return { memory };
}

interface Field {
  readonly whole: string | undefined;
  /** Without the quotes around it and the remark behind it. */
  readonly value: string;
  /** Of the file, from 1 on. */
  readonly line: number;
}

/** By their names in small letters; what is said twice holds as said first. */
function fieldsIn(head: string): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const [index, line] of head.split('\n').entries()) {
    const [, name, said] = /^[ \t]*["']?(\w+)["']?[ \t]*:(.*)$/u.exec(line) ?? [];
    const whole = said?.trim() ?? '';
    const bare = whole.replace(/(?:^|\s+)#.*$/u, '');
    const value = bare.replace(/^(["'])(.*)\1$/u, '$2').trim();
    const key = name?.toLowerCase() ?? '';
    // The head begins below the line that opens it.
    if (!fields.has(key)) fields.set(key, { whole: whole === '' ? undefined : whole, value, line: index + 2 });
  }
  return fields;
}

export function writeMemory({ kind, text, from, madeAt, expiresAt }: Memory): string {
  const lines = [
    `kind: ${kind}`,
    ...(from === undefined ? [] : [`from: ${from.replaceAll(/\s+/gu, ' ')}`]),
    ...(madeAt === undefined ? [] : [`made: ${dayText(madeAt)}`]),
    ...(expiresAt === undefined ? [] : [`expires: ${dayText(expiresAt)}`]),
  ];
  return `---\n${lines.join('\n')}\n---\n\n${text.trim()}\n`;
}

/** `YYYY-MM-DD`, in UTC. */
export function dayText(at: At): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `undefined` for a day that there is not, such as the 31st of February. */
export function dayIn(text: string | undefined): At | undefined {
  return text !== undefined && isDay(text) ? Date.parse(text) : undefined;
}

/** What four digits of a year can say. */
export const FIRST_DAY: At = Date.parse('0000-01-01');
export const LAST_DAY: At = Date.parse('9999-12-31T23:59:59.999Z');

const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:\d{2})?)?$/iu;

/** A day, or one with a time, in UTC where it names no zone. */
function momentIn(text: string | undefined): At | undefined {
  const [, day, time = '00:00', zone = 'Z'] = MOMENT.exec(text ?? '') ?? [];
  const at = dayIn(day) === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return at >= FIRST_DAY && at <= LAST_DAY ? at : undefined;
}
