import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { fieldsIn, isFields, listIn } from './fields.ts';

/** Keywords that join whole schemas; vendors refuse them at the top of a tool's. */
const COMBINERS = ['anyOf', 'oneOf', 'allOf'] as const;

/** A tool's schema in the form that every vendor takes, and what it no longer says. */
export interface ToolSchema {
  readonly schema: JsonObject;
  /** A sentence for the tool's description; empty: nothing was left out. */
  readonly note: string;
}

/**
 * An object schema with `type` and `properties` and no combination of schemas at the top: their properties are offered
 * together, and the rule is said in words. Anthropic and OpenAI API references, tool schemas, read 2026-11.
 */
export function toolSchema(given: JsonObject): ToolSchema {
  const combined = COMBINERS.filter((key) => given[key] !== undefined);
  const isWhole = given['type'] === 'object' && isFields(given['properties']) && combined.length === 0;
  if (isWhole) return { schema: given, note: '' };
  const rest = Object.fromEntries(Object.entries(given).filter(([key]) => !COMBINERS.some((one) => one === key)));
  const variants = combined.flatMap((key) => listIn(given[key]).map(fieldsIn));
  const properties: Record<string, JsonValue> = {};
  for (const variant of variants) Object.assign(properties, fieldsIn(variant['properties']));
  Object.assign(properties, fieldsIn(given['properties']));
  const required = [
    ...listIn(given['required']),
    ...listIn(given['allOf']).flatMap((part) => listIn(fieldsIn(part)['required'])),
  ].filter((name) => typeof name === 'string');
  const rules = Object.fromEntries(combined.map((key) => [key, given[key] ?? null]));
  return {
    schema: {
      ...rest,
      type: 'object',
      properties,
      ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
    },
    note: combined.length === 0 ? '' : `The input must also satisfy: ${JSON.stringify(rules)}`,
  };
}

/** A tool's description with what its schema no longer says. */
export function describedWith(description: string, note: string): string {
  if (note === '') return description;
  return description === '' ? note : `${description}\n\n${note}`;
}
