import type { FinishReason } from '../../domain/call.ts';
import { chunksOf, frame, type Answer, type WireAnswer } from './answer.ts';

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'stop',
  other: 'stop',
};

/** How a vendor reports its cache in Chat Completions. */
type ChatUsageStyle = 'openai' | 'openai-with-writes' | 'deepseek';

export interface ChatOptions {
  readonly usageStyle: ChatUsageStyle;
  /** `stream_options.include_usage`: a last chunk without choices carries the usage. */
  readonly includeUsage: boolean;
}

/** OpenAI Chat Completions: prompt counts include what was cached; thinking goes as `reasoning_content`. */
export function writeChat(answer: Answer, options: ChatOptions): WireAnswer {
  const id = `chatcmpl-${answer.seed.slice(0, 24)}`;
  const tier = answer.servedTier === undefined ? {} : { service_tier: answer.servedTier };
  const head = { id, created: answer.createdAtSeconds, model: answer.servedModel, ...tier };
  const finishReason = FINISH_REASONS[answer.finish];
  const usage = usageOf(answer, options.usageStyle);
  const chunk = (delta: unknown, finish: string | null = null): string =>
    frame({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
  const last = { ...head, object: 'chat.completion.chunk', choices: [], usage };
  return {
    frames: [
      chunk({ role: 'assistant', content: '' }),
      ...chunksOf(answer.thinking).map((text) => chunk({ reasoning_content: text })),
      ...chunksOf(answer.text).map((text) =>
        chunk(answer.finish === 'refusal' ? { refusal: text } : { content: text }),
      ),
      ...answer.toolCalls.flatMap(({ id: callId, name, input }, index) => [
        chunk({ tool_calls: [{ index, id: callId, type: 'function', function: { name, arguments: '' } }] }),
        ...chunksOf(JSON.stringify(input)).map((json) =>
          chunk({ tool_calls: [{ index, function: { arguments: json } }] }),
        ),
      ]),
      chunk({}, finishReason),
      ...(options.includeUsage ? [frame(last)] : []),
      frame('[DONE]'),
    ],
    body: {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message: messageOf(answer), logprobs: null, finish_reason: finishReason }],
      usage,
    },
  };
}

function messageOf(answer: Answer): unknown {
  return {
    role: 'assistant',
    content: answer.text === '' || answer.finish === 'refusal' ? null : answer.text,
    refusal: answer.finish === 'refusal' ? answer.text : null,
    ...(answer.thinking === '' ? {} : { reasoning_content: answer.thinking }),
    ...(answer.toolCalls.length === 0
      ? {}
      : {
          tool_calls: answer.toolCalls.map(({ id, name, input }) => ({
            id,
            type: 'function',
            function: { name, arguments: JSON.stringify(input) },
          })),
        }),
  };
}

function usageOf({ cache, outputTokens, thinkingTokens }: Answer, style: ChatUsageStyle): unknown {
  const totals = {
    prompt_tokens: cache.promptTokens,
    completion_tokens: outputTokens,
    total_tokens: cache.promptTokens + outputTokens,
    completion_tokens_details: { reasoning_tokens: thinkingTokens },
  };
  if (style === 'deepseek') {
    const missed = cache.promptTokens - cache.readTokens;
    return { ...totals, prompt_cache_hit_tokens: cache.readTokens, prompt_cache_miss_tokens: missed };
  }
  const writes = style === 'openai-with-writes' ? { cache_write_tokens: cache.writeTokens } : {};
  return { ...totals, prompt_tokens_details: { cached_tokens: cache.readTokens, ...writes } };
}
