import type { Wire } from '../../domain/model.ts';
import { fieldsIn } from '../../wires/shared/fields.ts';
import { readConverse } from './converse/read-converse.ts';
import { readGemini } from './gemini/read-gemini.ts';
import { readAnthropic } from './read-anthropic.ts';
import { readChat } from './read-chat.ts';
import type { ReadRequest } from './read-parts.ts';
import { readResponses } from './read-responses.ts';

/** What a scripted server understands of a request body. Lenient: what is missing is empty. */
export function readRequest(wire: Wire, body: unknown, pathname = '', betas: readonly string[] = []): ReadRequest {
  switch (wire) {
    case 'anthropic-messages':
      return readAnthropic(fieldsIn(body), betas);
    case 'openai-chat':
      return readChat(fieldsIn(body));
    case 'openai-responses':
      return readResponses(fieldsIn(body));
    case 'gemini-generate-content':
      return readGemini(fieldsIn(body), pathname);
    case 'bedrock-converse':
      return readConverse(fieldsIn(body), pathname);
  }
}
