import { fieldsIn, numberIn, type Fields } from '../shared/fields.ts';

/** Google takes every field in both spellings of protocol buffers' JSON: `inlineData` and `inline_data`. */
export function at(fields: Fields, name: string): unknown {
  return fields[name] ?? fields[snakeCase(name)];
}

/** A list, or the one thing in its place: Google takes either, and its own examples write the second. Gemini API docs, read 2026-11. */
export function manyIn(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A number, or one written as text, as protocol buffers' JSON may. */
export function numericAt(fields: Fields, name: string): number | undefined {
  const value = at(fields, name);
  return numberIn(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
}

/** Under which of the two names a field stands, for an edit of it. */
export function nameOf(fields: Fields, name: string): string {
  const snake = snakeCase(name);
  return fields[name] === undefined && fields[snake] !== undefined ? snake : name;
}

export function fieldsAt(fields: Fields, name: string): Fields {
  return fieldsIn(at(fields, name));
}

const snakes = new Map<string, string>();

function snakeCase(name: string): string {
  let snake = snakes.get(name);
  if (snake === undefined) {
    snake = name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
    snakes.set(name, snake);
  }
  return snake;
}

/** Names in both spellings. */
export function bothSpellings(names: string): ReadonlySet<string> {
  return new Set(names.split(' ').flatMap((name) => [name, snakeCase(name)]));
}

/** The request itself: a count may hold it in a field of its own. */
export function requestIn(body: Fields): Fields {
  return requestPath(body).length === 0 ? body : fieldsAt(body, 'generateContentRequest');
}

/** Where it stands in the body. */
export function requestPath(body: Fields): readonly string[] {
  const inner = fieldsAt(body, 'generateContentRequest');
  return Object.keys(inner).length === 0 ? [] : [nameOf(body, 'generateContentRequest')];
}
