import { parseExactJson } from '../../domain/json.ts';
export { textIn } from '../../domain/json.ts';

/** Lenient readers for bodies that others wrote: a field of the wrong shape reads as absent. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function fieldsIn(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** Finite numbers only; JSON's `1e999` reads as absent. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Parses a JSON object that arrived as a string; anything else reads as absent. */
export function parseFields(text: string | undefined): Fields | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined;
  try {
    const value = parseExactJson(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
