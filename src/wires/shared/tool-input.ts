import type { JsonObject } from '../../domain/json.ts';

/** The arguments of a tool call; nothing at all counts as no arguments. `undefined`: not a JSON object. */
export function parseToolInput(json: string): JsonObject | undefined {
  if (json.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
