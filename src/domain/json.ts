export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** JSON with object keys sorted at every depth, so that equal values give equal bytes. `undefined` keys are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner) || isRawNumber(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

/** What a text says as JSON; `undefined` where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text as it stands inside a JSON string, without the quotes around it. */
export function insideJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Anything but a text reads as absent. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A number of JSON that JavaScript's own would round, as its digits: `JSON.stringify` writes them back. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** Part of the language since 2024 (tc39/proposal-json-parse-with-source), not yet of TypeScript's library. */
const exact = JSON as JSON & {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): boolean;
};

/** Doubles hold every integer of fewer digits. */
const LONG = /\d{16}/u;

/** Whether a value is a number that only its digits can say. */
export function isRawNumber(value: unknown): value is RawNumber {
  return exact.isRawJSON(value);
}

/**
 * `JSON.parse` that loses no digit: a number which a double would change becomes a `RawNumber`. As fast as it where the text has
 * no run of 16 digits.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  return LONG.test(text) ? parseKeepingDigits(text) : (JSON.parse(text) as unknown);
}

/** The same, for a text that is known to have long numbers. */
export function parseKeepingDigits(text: string): unknown {
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as unknown;
}

function keepDigits(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || !LONG.test(source)) return value;
  return String(value) === source ? value : exact.rawJSON(source);
}
