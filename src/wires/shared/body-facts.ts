import { EFFORTS, type Effort } from '../../domain/step.ts';
import { textIn, type Fields } from './fields.ts';
import type { JsonEdit } from './json-bytes.ts';

/** What formats with the model's name and the stream switch in the body have in common. */
export const NAMED_IN_BODY = {
  modelOf: (body: Fields): string | undefined => textIn(body['model']),
  modelEdits: (name: string): readonly JsonEdit[] => [{ op: 'set', path: ['model'], value: name }],
  isStream: (body: Fields): boolean => body['stream'] === true,
} as const;

export function toEffort(value: unknown): Effort | undefined {
  return EFFORTS.includes(value as Effort) ? (value as Effort) : undefined;
}

/** A path of OpenAI's form: where the base URL has a path of its own, that is where the version stands. */
export function openaiPath(baseUrl: string, path: string): string {
  const base = new URL(baseUrl).pathname.replace(/\/+$/u, '');
  return base === '' ? `/v1${path}` : base + path;
}
