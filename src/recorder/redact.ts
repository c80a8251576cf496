import { codeIn } from './code-value.ts';
import { redactionPattern, sensitiveFields, tagOf } from './redaction-pattern.ts';

/** Takes secrets out of text and out of plain JSON-like values. Pure after creation, and idempotent. */
export interface Redactor {
  text(text: string): string;
  /** A copy without secrets; the value itself where there was nothing to take out. Never changes its argument. */
  value<Value>(value: Value): Value;
  /**
   * The same for something of our own schema: its field names are ours and stay, also where a secret happens to read like
   * one. Names under a field of `foreign` are others' words.
   */
  record<Value>(value: Value, foreign?: ReadonlySet<string>): Value;
}

/** Fields of a record that hold what others have written. */
const FOREIGN: ReadonlySet<string> = new Set(['result', 'raw']);

export interface RedactorOptions {
  /** Secrets known by value, such as the API keys in use. Shorter than eight characters is ignored: it would hit words. */
  readonly secrets?: readonly string[];
}

/** How each mask begins, whatever was taken out. */
export const MASK = '[redacted:';

const MIN_SECRET_LENGTH = 8;
/** No pattern matches anything shorter, so most strings of a record are skipped without a look. */
const SHORTEST_MATCH = 8;
const MAX_DEPTH = 200;
/** What follows a value says whether it is code. */
const LOOK_AHEAD = 3;
/** What was taken out can bring a name and its value together: passes go on until nothing changes. */
const MAX_PASSES = 8;

/**
 * Redaction for everything that is stored or logged: API keys, bearer tokens, credentials in headers, bodies and urls,
 * private keys, JSON web tokens and the secrets given. A match becomes `[redacted:WHAT]`.
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const pattern = redactionPattern((options.secrets ?? []).filter((secret) => secret.length >= MIN_SECRET_LENGTH));
  const once = (input: string): string => redactOnce(pattern, input);
  const text = (input: string): string => {
    if (input.length < SHORTEST_MATCH) return input;
    let output = once(input);
    if (output === input) return input;
    for (let passes = 1, before = input; passes < MAX_PASSES && output !== before; passes += 1) {
      before = output;
      output = once(before);
    }
    return output;
  };
  const field = cachedFields(text);
  const inner = rememberClean(text);
  const walk = (own: ReadonlySet<string> | undefined): RedactionWalk => ({ text: inner, field, around: [], own });
  return {
    text,
    value: (value) => redactValue(value, walk(undefined)),
    record: (value, foreign = FOREIGN) => redactValue(value, walk(foreign)),
  };
}

const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_LENGTH = 48;

/** Records repeat few short texts, such as names of models: those known to be clean are not looked at again. */
function rememberClean(text: (text: string) => string): (text: string) => string {
  let older = new Set<string>();
  let newer = new Set<string>();
  return (input) => {
    if (input.length < SHORTEST_MATCH || newer.has(input)) return input;
    const isKnown = older.has(input);
    const output = isKnown ? input : text(input);
    if (output !== input || input.length > MAX_REMEMBERED_LENGTH) return output;
    if (newer.size >= MAX_REMEMBERED) [older, newer] = [newer, new Set()];
    newer.add(input);
    return input;
  };
}

/** One pass. A value that plainly is code is passed over, and what stands behind it is looked at by itself. */
function redactOnce(pattern: RegExp, input: string): string {
  let output = '';
  let keptTo = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(input); match !== null; match = pattern.exec(input)) {
    const named = match.groups ?? {};
    const end = pattern.lastIndex;
    const code = codeIn(named, input.slice(end, end + LOOK_AHEAD));
    if (code === undefined) {
      output += `${input.slice(keptTo, match.index)}${replacement(named)}`;
      keptTo = end;
    } else {
      pattern.lastIndex = match.index + (named['lead'] ?? '').length + code.length;
    }
  }
  return output + input.slice(keptTo);
}

/** Keeps the name of the field and its separator, drops the value. */
function replacement(named: Readonly<Record<string, string | undefined>>): string {
  return `${named['lead'] ?? named['scheme'] ?? ''}${MASK}${tagOf(named)}]`;
}

interface RedactionWalk {
  readonly text: (text: string) => string;
  readonly field: (name: string) => Field;
  /** The objects around the one being walked: one that is met again is a circle. */
  readonly around: object[];
  /** Field names are ours, but for those under these. `undefined`: they are others'. */
  readonly own: ReadonlySet<string> | undefined;
}

function redactValue<Value>(value: Value, walk: RedactionWalk): Value {
  if (typeof value === 'string') return walk.text(value) as Value;
  if (value === null || typeof value !== 'object') return value;
  if (walk.around.includes(value)) return '[redacted:circular]' as Value;
  if (walk.around.length > MAX_DEPTH) return '[redacted:too-deep]' as Value;
  walk.around.push(value);
  const safe = redactStructure(value, walk);
  walk.around.pop();
  return safe as Value;
}

function redactStructure(value: object, walk: RedactionWalk): unknown {
  if (Array.isArray(value)) return redactArray(value, walk);
  if (value instanceof Error) return redactError(value, walk);
  if (ArrayBuffer.isView(value)) return '[redacted:bytes]';
  if (hasToJson(value)) return redactValue(value.toJSON(), walk);
  return redactObject(value as Record<string, unknown>, walk);
}

function redactArray(values: readonly unknown[], walk: RedactionWalk): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < values.length; index += 1) {
    // Tables are mostly numbers.
    if (typeof values[index] === 'number') continue;
    const inner = redactValue(values[index], walk);
    if (inner !== values[index]) (copy ??= [...values])[index] = inner;
  }
  return copy ?? values;
}

/** The object itself where nothing was taken out, as in most records. */
function redactObject(object: Record<string, unknown>, walk: RedactionWalk): Record<string, unknown> {
  const keys = Object.keys(object);
  let entries: [string, unknown][] | undefined;
  // A record has thousands of fields: no pair of index and key is made for each.
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    const value = object[key];
    const { safeName: safeForeign, sensitive } = walk.field(key);
    const safeName = walk.own === undefined ? safeForeign : key;
    const within = walk.own?.has(key) === true ? { ...walk, own: undefined } : walk;
    const safe = sensitive ? withoutStrings(value, 0) : redactValue(value, within);
    if (safe !== value || safeName !== key) {
      entries ??= keys.slice(0, index).map((before) => [before, object[before]]);
    }
    entries?.push([safeName, safe]);
  }
  return entries === undefined ? object : Object.fromEntries(entries);
}

/** Errors have no own enumerable message: spelled out, so that a log line keeps them. */
function redactError(error: Error, walk: RedactionWalk): Record<string, unknown> {
  const own = Object.fromEntries(Object.entries(error));
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  return redactObject({ ...own, name: error.name, message: error.message, stack: error.stack, ...cause }, walk);
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

interface Field {
  /** The name without secrets. */
  readonly safeName: string;
  /** Every string under it is a secret. */
  readonly sensitive: boolean;
}

const MAX_CACHED_FIELDS = 2000;

/** Records have few names and many values: looking at each name once makes redaction several times faster. */
function cachedFields(text: (text: string) => string): (name: string) => Field {
  const known = new Map<string, Field>();
  return (name) => {
    const hit = known.get(name);
    if (hit !== undefined) return hit;
    const field = { safeName: text(name), sensitive: isSensitive(name) };
    if (known.size < MAX_CACHED_FIELDS && name.length <= 100) known.set(name, field);
    return field;
  };
}

function isSensitive(key: string): boolean {
  return key.length >= 5 && key.length <= 40 && sensitiveFields.has(key.replaceAll(/[-_\s]/gu, '').toLowerCase());
}

/** Under a field such as `authorization` every string is a secret, whatever it looks like; shape and numbers stay. */
function withoutStrings(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value === '' ? value : '[redacted:field]';
  if (value === null || typeof value !== 'object') return value;
  if (depth > 8) return '[redacted:too-deep]';
  if (Array.isArray(value)) return value.map((inner) => withoutStrings(inner, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutStrings(inner, depth + 1)]));
}
