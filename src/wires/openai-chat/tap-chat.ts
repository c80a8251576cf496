import type { FinishReason } from '../../domain/call.ts';
import { finishIn, type TappedAnswer, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import type { SseEvent } from '../shared/sse.ts';
import { chatUsage } from './chat-usage.ts';

/** Reads Chat Completions answers as they pass. */
export const chatTap: TapReader = { stream: () => takeChatEvent, whole: takeChatChunk };

const CHAT_FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'content-filter',
};

function takeChatEvent(answer: TappedAnswer, { data }: SseEvent): void {
  if (data === '[DONE]') {
    answer.isComplete = true;
    return;
  }
  const says =
    answer.servedModel === undefined ||
    data.includes('"usage":{') ||
    data.includes('"finish_reason":"') ||
    data.includes('"error"');
  const chunk = says ? parseFields(data) : undefined;
  if (chunk !== undefined) takeChatChunk(answer, chunk);
}

function takeChatChunk(answer: TappedAnswer, chunk: Fields): void {
  if (chunk['error'] !== undefined && chunk['error'] !== null) answer.hasError = true;
  answer.servedModel ??= textIn(chunk['model']);
  for (const choice of listIn(chunk['choices'])) {
    answer.finishReason ??= finishIn(CHAT_FINISH, fieldsIn(choice)['finish_reason']);
  }
  const { usage } = chunk;
  if (isFields(usage)) answer.usage = chatUsage(usage);
}
