import type { JsonObject } from '../../domain/json.ts';

const known = new WeakMap<JsonObject, string>();

/** A tool call's arguments as text. They come again with each call of their transcript, the very same object: they are written once. */
export function writtenArguments(input: JsonObject): string {
  let text = known.get(input);
  if (text === undefined) known.set(input, (text = JSON.stringify(input)));
  return text;
}
