import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isFields } from '../shared/fields.ts';

/**
 * Keywords that structured output does not enforce and refuses; the vendor's own SDKs say them in the description.
 * Anthropic API reference, structured outputs, read 2026-11.
 */
const IN_WORDS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'propertyNames',
  'patternProperties',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
]);

/** Keywords whose value is a map of names to schemas, or holds schemas. */
const MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const HOLDERS: ReadonlySet<string> = new Set([
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
]);

/** An answer's schema as Anthropic takes it: objects closed, what it cannot enforce said in words. Pure. */
export function anthropicAnswerSchema(schema: JsonObject): JsonObject {
  const said: Record<string, JsonValue> = {};
  const kept: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (IN_WORDS.has(key) || (key === 'minItems' && typeof value === 'number' && value > 1)) said[key] = value;
    else if (key === 'oneOf' && schema['anyOf'] !== undefined) said[key] = value;
    else if (key === 'oneOf') kept['anyOf'] = schemasIn(value);
    else if (MAPS.has(key) && isFields(value)) kept[key] = mapOf(value);
    else if (HOLDERS.has(key)) kept[key] = schemasIn(value);
    else kept[key] = value;
  }
  if (kept['type'] === 'object' || kept['properties'] !== undefined) kept['additionalProperties'] = false;
  if (Object.keys(said).length === 0) return kept;
  const words = Object.entries(said)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ');
  const description = typeof kept['description'] === 'string' ? `${kept['description']} ` : '';
  return { ...kept, description: `${description}(${words})` };
}

function schemasIn(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((one) => schemasIn(one as JsonValue));
  return isFields(value) ? anthropicAnswerSchema(value) : value;
}

function mapOf(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schemasIn(schema)]));
}
