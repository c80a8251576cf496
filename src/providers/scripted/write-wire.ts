import type { CacheRule } from '../../domain/model.ts';
import { fieldsIn } from '../../wires/shared/fields.ts';
import type { Answer, WireAnswer } from './answer.ts';
import { writeConverse } from './converse/write-converse.ts';
import { writeGemini } from './gemini/write-gemini.ts';
import type { ReadRequest } from './read-parts.ts';
import { writeAnthropic } from './write-anthropic.ts';
import { writeChat } from './write-chat.ts';
import { writeResponses } from './write-responses.ts';

/** An answer in the wire format of its request. */
export function writeWire(answer: Answer, read: ReadRequest, rule: CacheRule): WireAnswer {
  switch (read.wire) {
    case 'anthropic-messages':
      return writeAnthropic(answer);
    case 'openai-responses':
      return writeResponses(answer);
    case 'gemini-generate-content': {
      const thinking = fieldsIn(fieldsIn(read.body['generationConfig'])['thinkingConfig']);
      return writeGemini(answer, thinking['includeThoughts'] === true);
    }
    case 'bedrock-converse':
      return writeConverse(answer);
    case 'openai-chat': {
      const writes = rule.kind !== 'none' && rule.maxMarkers > 0;
      const usageStyle = read.model.startsWith('deepseek') ? 'deepseek' : writes ? 'openai-with-writes' : 'openai';
      const includeUsage = fieldsIn(read.body['stream_options'])['include_usage'] === true;
      return writeChat(answer, { usageStyle, includeUsage });
    }
  }
}
