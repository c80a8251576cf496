export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** JSON with object keys sorted at every depth, so that equal values give equal bytes. `undefined` keys are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
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
