import type { Wire } from '../../domain/model.ts';
import { readAnthropic } from './read-anthropic.ts';
import { readChat } from './read-chat.ts';
import { fields } from './read-json.ts';
import type { ReadRequest } from './read-parts.ts';
import { readResponses } from './read-responses.ts';

/** What a scripted server understands of a request body. Lenient: what is missing is empty. */
export function readRequest(wire: Wire, body: unknown): ReadRequest {
  switch (wire) {
    case 'anthropic-messages':
      return readAnthropic(fields(body));
    case 'openai-chat':
      return readChat(fields(body));
    case 'openai-responses':
      return readResponses(fields(body));
  }
}
