import type { FinishReason } from '../../domain/call.ts';
import type { Usage } from '../../domain/usage.ts';
import { ZERO_USAGE, type AnswerContext, type AnswerEncoder } from '../shared/answer-encoder.ts';
import { formatSse } from '../shared/sse.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';

const STOP_REASON: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
  other: 'end_turn',
};

/** Fields that every answer of the API has, and that nobody but Anthropic could fill. API reference, read 2026-11-29. */
const NO_USAGE = { server_tool_use: null, service_tier: null, inference_geo: null, speed: null };
const NO_DETAILS = { stop_details: null, container: null };

type Block =
  | { readonly type: 'text'; text: string; readonly citations: null }
  | { readonly type: 'thinking'; thinking: string; signature: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      input: unknown;
      readonly caller: { readonly type: 'direct' };
    };

/** Usage as Anthropic words it: cached tokens stand beside the input, not in it. */
function toWireUsage(usage: Usage): Readonly<Record<string, unknown>> {
  const writes = usage.cacheWriteTokens ?? 0;
  const longWrites = usage.cacheWrite1hTokens ?? 0;
  return {
    input_tokens: usage.uncachedTokens,
    cache_creation_input_tokens: writes,
    cache_read_input_tokens: usage.cacheReadTokens ?? 0,
    cache_creation: { ephemeral_5m_input_tokens: writes - longWrites, ephemeral_1h_input_tokens: longWrites },
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens === undefined ? null : { thinking_tokens: usage.reasoningTokens },
    ...NO_USAGE,
  };
}

/** Answers an Anthropic Messages caller. */
export function createAnthropicEncoder(context: AnswerContext): AnswerEncoder {
  const blocks = new Map<number, Block>();
  const positions = new Map<number, number>();
  let stopReason = 'end_turn';
  let usage: Usage = ZERO_USAGE;
  const event = (type: string, fields: object): string =>
    context.isStream ? formatSse(type, JSON.stringify({ type, ...fields })) : '';
  const id = `msg_${context.answerId}`;
  const head = { id, type: 'message', role: 'assistant', model: context.model, diagnostics: null, ...NO_DETAILS };

  const open = (index: number, block: Block): string => {
    positions.set(index, positions.size);
    blocks.set(index, { ...block });
    return event('content_block_start', { index: positions.get(index), content_block: block });
  };
  const delta = (index: number, fields: object): string =>
    event('content_block_delta', { index: positions.get(index) ?? 0, delta: fields });
  const stop = (index: number): string => event('content_block_stop', { index: positions.get(index) ?? 0 });

  return {
    push(part: CodecPart) {
      switch (part.type) {
        case 'start':
          return event('message_start', {
            message: {
              ...head,
              content: [],
              stop_reason: null,
              stop_sequence: null,
              usage: toWireUsage(ZERO_USAGE),
            },
          });
        case 'text-start':
          return open(part.index, { type: 'text', text: '', citations: null });
        case 'text-delta': {
          const block = blocks.get(part.index);
          if (block?.type === 'text') block.text += part.text;
          return delta(part.index, { type: 'text_delta', text: part.text });
        }
        case 'text-end':
          return stop(part.index);
        case 'thinking-start':
          return open(part.index, { type: 'thinking', thinking: '', signature: '' });
        case 'thinking-delta': {
          const block = blocks.get(part.index);
          if (block?.type === 'thinking') block.thinking += part.text;
          return delta(part.index, { type: 'thinking_delta', thinking: part.text });
        }
        case 'thinking-end': {
          const block = blocks.get(part.index);
          const signature = context.seal(part.issued);
          if (block?.type === 'thinking') block.signature = signature;
          return delta(part.index, { type: 'signature_delta', signature }) + stop(part.index);
        }
        case 'tool-call-start':
          return open(part.index, {
            type: 'tool_use',
            id: part.toolCallId,
            name: part.toolName,
            input: {},
            caller: { type: 'direct' },
          });
        case 'tool-call-delta':
          return delta(part.index, { type: 'input_json_delta', partial_json: part.inputJson });
        case 'tool-call-end': {
          const block = blocks.get(part.index);
          if (block?.type === 'tool_use') block.input = part.input;
          return stop(part.index);
        }
        case 'finish':
          stopReason = STOP_REASON[part.reason];
          usage = part.usage ?? ZERO_USAGE;
          return (
            event('message_delta', {
              delta: { stop_reason: stopReason, stop_sequence: null, ...NO_DETAILS },
              usage: toWireUsage(usage),
            }) + event('message_stop', {})
          );
        case 'error':
          return '';
      }
    },
    body() {
      const content = [...blocks.values()];
      return JSON.stringify({
        ...head,
        content,
        stop_reason: stopReason,
        stop_sequence: null,
        usage: toWireUsage(usage),
      });
    },
  };
}
