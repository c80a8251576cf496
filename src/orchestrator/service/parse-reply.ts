import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { literalPattern } from '../../trust/literal-pattern.ts';
import type { FormReply } from '../model/job-facts.ts';

const YES = /^(?:true|y|yes)$/iu;

type FormValue = NonNullable<FormReply['content']>[string];

/**
 * What a person typed in answer to a form: the value itself where it has one field, otherwise `name=value` for each, parted by
 * commas or lines, or a JSON object. A part that names none is of the one field that must be there.
 * @param schema of the form
 * @throws PointsmanError `request-invalid` for a field that is missing, unknown or of another type
 */
export function parseReply(schema: JsonObject, text: string): NonNullable<FormReply['content']> {
  const properties = objectIn(schema['properties']) ?? {};
  const names = Object.keys(properties);
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const given = fieldsOf(text.trim(), names, required.length === 1 ? required[0] : undefined);
  const content: Record<string, FormValue> = {};
  for (const [name, value] of given) {
    const field = objectIn(properties[name]);
    if (field === undefined) throw wrong(`There is no field "${name}".`, names);
    content[name] = valueOf(name, field, value, names);
  }
  const missing = required.filter((name) => !Object.hasOwn(content, name));
  if (missing.length > 0) throw wrong(`${missing.join(', ')} is missing.`, names);
  return content;
}

/**
 * What a yes says to a form: all that there is to say where it has no field, or what its fields are taken to be.
 * @throws PointsmanError `request-invalid` where one must be there that is not
 */
export function agreed(schema: JsonObject): NonNullable<FormReply['content']> {
  const fields = objectIn(schema['properties']) ?? {};
  const names = Object.keys(fields);
  if (names.length === 0) return {};
  const taken = defaultsOf(fields);
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  if (required.length > 0 && required.every((name) => Object.hasOwn(taken, name))) return taken;
  throw new PointsmanError('request-invalid', `A yes does not say what it asks: ${names.join(', ')}.`, {
    hint: 'Resume it with --answer TEXT, or tell it no with --deny.',
  });
}

function defaultsOf(fields: JsonObject): NonNullable<FormReply['content']> {
  const taken: Record<string, FormValue> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = objectIn(field)?.['default'];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') taken[name] = value;
  }
  return taken;
}

function fieldsOf(
  text: string,
  names: readonly string[],
  main: string | undefined,
): readonly (readonly [string, string])[] {
  const parsed = parsedObject(text);
  if (parsed !== undefined) {
    return Object.entries(parsed).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  }
  const [only] = names;
  if (only === undefined) {
    if (YES.test(text)) return [];
    throw new PointsmanError('request-invalid', 'It asks for a yes alone.', { hint: 'Say yes, or tell it no.' });
  }
  if (names.length === 1 && !text.startsWith(`${only}=`)) return [[only, text]];
  const parts = text.split(new RegExp(`[,\\n]\\s*(?=(?:${names.map(literalPattern).join('|')})=)`, 'u'));
  return parts.map((part) => {
    const at = part.indexOf('=');
    if (at === -1 && main !== undefined) return [main, part.trim()];
    if (at === -1) throw wrong(`"${part.slice(0, 80)}" names no field.`, names);
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
}

function objectIn(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function parsedObject(text: string): JsonObject | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return objectIn(JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}

function valueOf(name: string, field: JsonObject, text: string, names: readonly string[]): FormValue {
  const choices = field['enum'];
  if (Array.isArray(choices) && !choices.includes(text)) {
    throw wrong(`${name} is one of ${choices.map(String).join(', ')}.`, names);
  }
  const type = typeof field['type'] === 'string' ? field['type'] : '';
  switch (type) {
    case 'boolean':
      if (YES.test(text)) return true;
      if (/^(?:false|n|no)$/iu.test(text)) return false;
      throw wrong(`${name} is yes or no.`, names);
    case 'number':
    case 'integer': {
      const value = text === '' ? Number.NaN : Number(text);
      if (Number.isFinite(value) && (type === 'number' || Number.isInteger(value))) return value;
      throw wrong(`${name} is ${type === 'number' ? 'a number' : 'a whole number'}.`, names);
    }
    case 'array':
      return text
        .replaceAll(/^\[|\]$|"/gu, '')
        .split(/\s*[,;]\s*/u)
        .filter((one) => one !== '');
    default:
      return text;
  }
}

function wrong(what: string, names: readonly string[]): PointsmanError {
  const form =
    names.length === 1 ? 'Give the answer itself.' : `Give it as ${names.map((name) => `${name}=…`).join(', ')}.`;
  return new PointsmanError('request-invalid', what, { hint: form });
}
