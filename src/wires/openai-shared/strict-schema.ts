import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** Keywords that strict mode refuses wherever they stand. OpenAI structured outputs guide, read 2026-11. */
const REFUSED = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
];

/**
 * Whether a JSON Schema is of the kind that OpenAI can enforce strictly: an object at the root and no choice there, every
 * object closed, every property required. Others are sent without `strict`, or the request would be refused.
 */
export function isStrictSchema(schema: JsonObject): boolean {
  return schema['type'] === 'object' && schema['anyOf'] === undefined && isStrictPart(schema);
}

function isStrictPart(schema: JsonValue | undefined): boolean {
  if (schema === undefined || schema === null || typeof schema !== 'object') return true;
  if (Array.isArray(schema)) return schema.every(isStrictPart);
  const node = schema as Readonly<Record<string, JsonValue>>;
  if (REFUSED.some((key) => node[key] !== undefined)) return false;
  const properties = node['properties'];
  if (node['type'] === 'object' || properties !== undefined) {
    if (node['additionalProperties'] !== false) return false;
    const required = node['required'];
    const names = Object.keys((properties ?? {}) as object);
    if (!Array.isArray(required) || names.some((name) => !required.includes(name))) return false;
    if (!Object.values((properties ?? {}) as Readonly<Record<string, JsonValue>>).every(isStrictPart)) return false;
  }
  return ['items', 'anyOf', '$defs', 'definitions'].every((key) => {
    const inner = node[key];
    if (key !== '$defs' && key !== 'definitions') return isStrictPart(inner);
    return Object.values((inner ?? {}) as Readonly<Record<string, JsonValue>>).every(isStrictPart);
  });
}
