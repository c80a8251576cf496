import type { Wire } from '../../domain/model.ts';
import { fieldsIn, listIn, textIn, type Fields } from './fields.ts';

/** The words that a person said last, and where they stand in the body. */
export interface LastUserText {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/**
 * The last text of a request that ends in a user's message of text alone; the earlier parts of that message are not in
 * it. `undefined`: the request ends in a tool's result, an image or anything else.
 */
export function lastUserText(wire: Wire, body: Fields): LastUserText | undefined {
  const field = wire === 'openai-responses' ? 'input' : 'messages';
  const whole = body[field];
  if (typeof whole === 'string') return wire === 'openai-responses' ? { path: [field], text: whole } : undefined;
  const messages = listIn(whole);
  const index = messages.length - 1;
  const message = fieldsIn(messages[index]);
  if (message['role'] !== 'user' || (message['type'] ?? 'message') !== 'message') return undefined;
  const { content } = message;
  if (typeof content === 'string') return { path: [field, index, 'content'], text: content };
  const parts = listIn(content).map(fieldsIn);
  const partType = wire === 'openai-responses' ? 'input_text' : 'text';
  const text = textIn(parts.at(-1)?.['text']);
  if (text === undefined || parts.some((part) => part['type'] !== partType)) return undefined;
  return { path: [field, index, 'content', parts.length - 1, 'text'], text };
}
