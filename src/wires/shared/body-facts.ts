import type { JsonValue } from '../../domain/json.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import { isFields, listIn, numberIn, textIn, type Fields } from './fields.ts';
import type { JsonEdit } from './json-bytes.ts';
import type { RequestBrief } from './wire-format.ts';

/** What formats with the model's name and the stream switch in the body have in common. */
export const NAMED_IN_BODY = {
  modelOf: (body: Fields): string | undefined => textIn(body['model']),
  modelEdits: (name: string): readonly JsonEdit[] => [{ op: 'set', path: ['model'], value: name }],
  isStream: (body: Fields): boolean => body['stream'] === true,
  briefOf: (body: Fields): RequestBrief => plainBrief(body),
} as const;

/** What a body in one of those formats says of itself. */
export function plainBrief(body: Fields): RequestBrief {
  return {
    system: body['system'] ?? body['instructions'],
    toolCount: listIn(body['tools']).length,
    maxOutputTokens:
      numberIn(body['max_tokens']) ?? numberIn(body['max_completion_tokens']) ?? numberIn(body['max_output_tokens']),
    temperature: numberIn(body['temperature']),
  };
}

/** Sets a field of an object of the body, which may not be there yet. */
export function setWithin(body: Fields, field: string, key: string, value: JsonValue): readonly JsonEdit[] {
  return isFields(body[field])
    ? [{ op: 'set', path: [field, key], value }]
    : [{ op: 'set', path: [field], value: { [key]: value } }];
}

export function toEffort(value: unknown): Effort | undefined {
  return EFFORTS.includes(value as Effort) ? (value as Effort) : undefined;
}

/** A path of OpenAI's form: where the base URL has a path of its own, that is where the version stands. */
export function openaiPath(baseUrl: string, path: string): string {
  const base = new URL(baseUrl).pathname.replace(/\/+$/u, '');
  return base === '' ? `/v1${path}` : base + path;
}
