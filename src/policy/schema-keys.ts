import type { z } from 'zod';

/** The parts of a zod definition that lead from one level of an object schema to the next. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

/** Names of the settings that `schema` knows at `path`, for suggestions. Empty where it has none. */
export function keysAt(schema: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  const definition = schema.def as unknown as Definition;
  const inner = definition.innerType ?? definition.in;
  if (inner !== undefined) return keysAt(inner, path);
  if (definition.options !== undefined) return definition.options.flatMap((option) => keysAt(option, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(definition.shape ?? {});
  const next = definition.shape?.[String(head)] ?? definition.element ?? definition.valueType;
  return next === undefined ? [] : keysAt(next, rest);
}
