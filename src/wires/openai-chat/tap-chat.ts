import type { FinishReason } from '../../domain/call.ts';
import type { JsonObject } from '../../domain/json.ts';
import { finishIn, servedTierIn, type TappedAnswer, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import type { SseEvent } from '../shared/sse.ts';
import { chatUsage } from './chat-usage.ts';

/** Reads Chat Completions answers as they pass. */
export const chatTap: TapReader = { deltaMark: 'delta', stream: () => takeChatEvent, whole: takeChatChunk };

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
    data.includes('"extra_content"') ||
    data.includes('"error"');
  const chunk = says ? parseFields(data) : undefined;
  if (chunk !== undefined) takeChatChunk(answer, chunk);
}

function takeChatChunk(answer: TappedAnswer, chunk: Fields): void {
  if (chunk['error'] !== undefined && chunk['error'] !== null) answer.hasError = true;
  answer.servedModel ??= textIn(chunk['model']);
  answer.servedTier = servedTierIn(chunk['service_tier']) ?? answer.servedTier;
  for (const choice of listIn(chunk['choices'])) {
    noteToolStates(answer, fieldsIn(choice));
    answer.finishReason ??= finishIn(CHAT_FINISH, fieldsIn(choice)['finish_reason']);
  }
  const { usage } = chunk;
  if (isFields(usage)) answer.usage = chatUsage(usage);
}

/** Servers send a call's state with the piece that holds its id. */
function noteToolStates(answer: TappedAnswer, choice: Fields): void {
  const calls = [choice['delta'], choice['message']].flatMap((said) => listIn(fieldsIn(said)['tool_calls']));
  for (const call of calls.map(fieldsIn)) {
    const id = textIn(call['id']);
    const extra = call['extra_content'];
    if (id !== undefined && isFields(extra)) answer.toolStates.push([id, { extra_content: extra as JsonObject }]);
  }
}
