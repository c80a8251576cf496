import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** Two thoughts of one turn as one: texts one after the other, lists too. */
export function joinThoughts(first: JsonObject, second: JsonObject): JsonObject {
  const joined: Record<string, JsonValue> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = joined[key];
    if (typeof before === 'string' && typeof value === 'string') joined[key] = `${before}\n\n${value}`;
    else if (Array.isArray(before) && Array.isArray(value)) joined[key] = [...before, ...value];
    else joined[key] = value;
  }
  return joined;
}
