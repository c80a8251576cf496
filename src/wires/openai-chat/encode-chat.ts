import type { FinishReason } from '../../domain/call.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { AnswerContext, AnswerEncoder } from '../shared/answer-encoder.ts';
import { formatSse } from '../shared/sse.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';
import { AnswerCalls } from './answer-calls.ts';

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

/** Answers an OpenAI Chat Completions caller. */
export function createChatEncoder(context: AnswerContext): AnswerEncoder {
  let text = '';
  let thought = '';
  let finishReason = 'stop';
  let usage: Usage | undefined;
  const calls = new AnswerCalls(context.toolForms);
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
        case 'tool-call-start':
        case 'tool-call-delta':
        case 'tool-call-end': {
          const delta = calls.push(part);
          return delta === undefined ? '' : chunk(delta);
        }
        case 'finish':
          finishReason = part.reason === 'tool-calls' ? calls.finishReason : FINISH_REASON[part.reason];
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
        content: text === '' && !calls.isEmpty ? null : text,
        refusal: null,
        ...(thought === '' ? {} : { reasoning_content: thought }),
        ...calls.message(),
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
