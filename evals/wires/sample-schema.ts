import type { JsonObject, JsonValue } from '../../src/domain/json.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/** A generated JSON schema with its definitions. */
export interface SchemaFile extends Schema {
  readonly definitions: Readonly<Record<string, Schema>>;
}

const MAX_DEPTH = 7;

/** The properties of a request type, its unions taken together. */
export function propertiesOf(file: SchemaFile, schema: Schema = file): Readonly<Record<string, Schema>> {
  const whole = resolved(file, schema);
  const parts = [...(whole.anyOf ?? []), ...(whole.allOf ?? [])].map((part) => propertiesOf(file, part));
  return Object.assign({}, ...parts, whole.properties ?? {}) as Readonly<Record<string, Schema>>;
}

/** One value of each alternative of a schema, with what it demands and nothing more. */
export function samplesOf(file: SchemaFile, schema: Schema, depth = 0): readonly JsonValue[] {
  const whole = resolved(file, schema);
  if (whole.const !== undefined) return [whole.const];
  if (whole.enum !== undefined) return whole.enum.filter((value) => value !== null);
  if (depth > MAX_DEPTH) return [];
  if (whole.anyOf !== undefined) return whole.anyOf.flatMap((part) => samplesOf(file, part, depth + 1));
  if (whole.items !== undefined) return samplesOf(file, whole.items, depth + 1).map((item) => [item]);
  const type = typeof whole.type === 'string' ? whole.type : whole.type?.find((one) => one !== 'null');
  switch (type) {
    case 'object':
      return [objectOf(file, whole, depth)];
    case 'array':
      return [[]];
    case 'string':
      return ['sample'];
    case 'number':
    case 'integer':
      return [2];
    case 'boolean':
      return [true];
    case 'null':
      return [];
    case undefined:
    default:
      return whole.properties === undefined ? ['sample'] : [objectOf(file, whole, depth)];
  }
}

function objectOf(file: SchemaFile, schema: Schema, depth: number): JsonObject {
  const required = (schema.required ?? []).flatMap((name) => {
    const [value] = samplesOf(file, schema.properties?.[name] ?? {}, depth + 1);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(required);
}

function resolved(file: SchemaFile, schema: Schema): Schema {
  const name = schema.$ref?.slice('#/definitions/'.length);
  const target = name === undefined ? undefined : file.definitions[decodeURIComponent(name)];
  return target === undefined ? schema : resolved(file, target);
}
