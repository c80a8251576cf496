import { fieldsIn, listIn, textIn, type Fields } from './fields.ts';
import type { LastUserText } from './wire-format.ts';

/**
 * The last text of a request that ends in a user's message of text alone; the earlier parts of that message are not in
 * it. `undefined`: the request ends in a tool's result, an image or anything else.
 */
export function lastTextIn(
  body: Fields,
  form: { readonly field: 'messages' | 'input'; readonly partType: 'text' | 'input_text' },
): LastUserText | undefined {
  const { field, partType } = form;
  const messages = listIn(body[field]);
  const index = messages.length - 1;
  const message = fieldsIn(messages[index]);
  if (message['role'] !== 'user' || (message['type'] ?? 'message') !== 'message') return undefined;
  const { content } = message;
  if (typeof content === 'string') return { path: [field, index, 'content'], text: content };
  const parts = listIn(content).map(fieldsIn);
  const text = textIn(parts.at(-1)?.['text']);
  if (text === undefined || parts.some((part) => part['type'] !== partType)) return undefined;
  return { path: [field, index, 'content', parts.length - 1, 'text'], text };
}
