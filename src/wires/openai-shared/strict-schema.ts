import type { JsonValue } from '../../domain/json.ts';

/**
 * Whether a JSON Schema is of the kind that OpenAI can enforce strictly: every object closed, every property required.
 * Others are sent without `strict`, or the request would be refused.
 */
export function isStrictSchema(schema: JsonValue | undefined): boolean {
  if (schema === undefined || schema === null || typeof schema !== 'object') return true;
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  const node = schema as Readonly<Record<string, JsonValue>>;
  const properties = node['properties'];
  if (node['type'] === 'object' || properties !== undefined) {
    if (node['additionalProperties'] !== false) return false;
    const required = node['required'];
    const names = Object.keys((properties ?? {}) as object);
    if (!Array.isArray(required) || names.some((name) => !required.includes(name))) return false;
    if (!Object.values((properties ?? {}) as Readonly<Record<string, JsonValue>>).every(isStrictSchema)) return false;
  }
  return ['items', 'anyOf', '$defs', 'definitions'].every((key) => {
    const inner = node[key];
    if (key !== '$defs' && key !== 'definitions') return isStrictSchema(inner);
    return Object.values((inner ?? {}) as Readonly<Record<string, JsonValue>>).every(isStrictSchema);
  });
}
