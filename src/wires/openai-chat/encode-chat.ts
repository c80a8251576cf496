import type { FinishReason } from '../../domain/call.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { AnswerContext, AnswerEncoder } from '../shared/answer-encoder.ts';
import { textIn } from '../shared/fields.ts';
import { formatSse } from '../shared/sse.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';

const FINISH_REASON: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  other: 'stop',
};

/** Usage as OpenAI words it: the prompt includes what was cached. */
function chatUsage(usage: Usage): Readonly<Record<string, unknown>> {
  const prompt = promptTokens(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens ?? 0,
      ...(usage.cacheWriteTokens === undefined ? {} : { cache_write_tokens: usage.cacheWriteTokens }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

type WireToolCall =
  | { readonly id: string; readonly type: 'function'; readonly function: { readonly name: string; arguments: string } }
  | { readonly id: string; readonly type: 'custom'; readonly custom: { readonly name: string; input: string } };

function openCall(part: Extract<CodecPart, { type: 'tool-call-start' }>, isCustom: boolean): WireToolCall {
  const { toolCallId: id, toolName: name } = part;
  return isCustom
    ? { id, type: 'custom', custom: { name, input: '' } }
    : { id, type: 'function', function: { name, arguments: '' } };
}

/** Answers an OpenAI Chat Completions caller. */
export function createChatEncoder(context: AnswerContext): AnswerEncoder {
  let text = '';
  let thought = '';
  let finishReason = 'stop';
  let usage: Usage | undefined;
  const calls = new Map<number, WireToolCall>();
  const positions = new Map<number, number>();
  const head = { id: `chatcmpl-${context.answerId}`, created: context.createdAtSeconds, model: context.model };
  const chunk = (delta: object, finish: string | null = null): string =>
    context.isStream
      ? formatSse(
          undefined,
          JSON.stringify({
            ...head,
            object: 'chat.completion.chunk',
            choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
          }),
        )
      : '';
  const finishChunks = (): string => {
    if (!context.isStream) return '';
    const tail =
      context.includeUsage && usage !== undefined
        ? formatSse(
            undefined,
            JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage: chatUsage(usage) }),
          )
        : '';
    return `${chunk({}, finishReason)}${tail}${formatSse(undefined, '[DONE]')}`;
  };

  return {
    push(part: CodecPart) {
      switch (part.type) {
        case 'start':
          return chunk({ role: 'assistant', content: '' });
        case 'text-delta':
          text += part.text;
          return chunk({ content: part.text });
        case 'thinking-delta':
          thought += part.text;
          return chunk({ reasoning_content: part.text });
        case 'tool-call-start': {
          const index = positions.size;
          positions.set(part.index, index);
          const call = openCall(part, context.toolForms.get(part.toolName)?.kind === 'custom');
          calls.set(part.index, call);
          return chunk({ tool_calls: [{ index, ...call }] });
        }
        case 'tool-call-delta':
          if (calls.get(part.index)?.type === 'custom') return '';
          return chunk({
            tool_calls: [{ index: positions.get(part.index) ?? 0, function: { arguments: part.inputJson } }],
          });
        case 'tool-call-end': {
          const call = calls.get(part.index);
          if (call?.type === 'function') call.function.arguments = JSON.stringify(part.input);
          if (call?.type !== 'custom') return '';
          call.custom.input = textIn(part.input['input']) ?? JSON.stringify(part.input);
          return chunk({
            tool_calls: [{ index: positions.get(part.index) ?? 0, custom: { input: call.custom.input } }],
          });
        }
        case 'finish':
          finishReason = FINISH_REASON[part.reason];
          usage = part.usage;
          return finishChunks();
        case 'text-start':
        case 'text-end':
        case 'thinking-start':
        case 'thinking-end':
        case 'error':
          return '';
      }
    },
    body() {
      const message = {
        role: 'assistant',
        content: text === '' && calls.size > 0 ? null : text,
        ...(thought === '' ? {} : { reasoning_content: thought }),
        ...(calls.size === 0 ? {} : { tool_calls: [...calls.values()] }),
      };
      return JSON.stringify({
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
        ...(usage === undefined ? {} : { usage: chatUsage(usage) }),
      });
    },
  };
}
