import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isFields, listIn, textIn } from '../shared/fields.ts';

/** Keywords whose value is a number that this form may write as text. */
const COUNTS: ReadonlySet<string> = new Set(
  'minItems maxItems minLength maxLength minProperties maxProperties'.split(' '),
);
/** Keywords whose values are schemas. */
const ONE = new Set(['items', 'additionalProperties']);
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const MAPS = new Set(['properties', '$defs', 'definitions']);

/**
 * JSON Schema of a schema in Google's older form, a subset of OpenAPI 3.0: types in capitals, `nullable`, counts as text. JSON
 * Schema passes as it is. Gemini API reference, Schema, read 2026-11.
 */
export function toJsonSchema(schema: JsonObject): JsonObject {
  const found: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'nullable' || key === 'propertyOrdering' || key === 'example') continue;
    if (key === 'format' && value === 'enum') continue;
    found[key] = keyword(key, value);
  }
  return schema['nullable'] === true ? orNull(found) : found;
}

function keyword(key: string, value: JsonValue): JsonValue {
  const inner = (one: JsonValue): JsonValue => (isFields(one) ? toJsonSchema(one) : one);
  if (key === 'type') return typeof value === 'string' ? value.toLowerCase() : value;
  if (COUNTS.has(key) && textIn(value) !== undefined) return Number(value);
  if (ONE.has(key)) return inner(value);
  if (LISTS.has(key)) return listIn(value).map((one) => inner(one as JsonValue));
  if (MAPS.has(key) && isFields(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]));
  }
  return value;
}

function orNull(schema: Record<string, JsonValue>): JsonObject {
  const { type } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const choices = schema['enum'];
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(choices) ? { enum: [...(choices as JsonValue[]), null] } : {}),
  };
}
