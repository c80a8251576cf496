import type { FinishReason } from '../../domain/call.ts';
import { chunksOf, frame, sealThinking, type Answer, type WireAnswer } from './answer.ts';

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  refusal: 'refusal',
  'content-filter': 'refusal',
  other: 'end_turn',
};

interface Block {
  readonly whole: Readonly<Record<string, unknown>>;
  readonly start: Readonly<Record<string, unknown>>;
  readonly deltas: readonly Readonly<Record<string, unknown>>[];
}

/** Anthropic Messages: counts arrive in `message_start`, the output's in `message_delta`. */
export function writeAnthropic(answer: Answer): WireAnswer {
  const blocks = blocksOf(answer);
  const stopReason = STOP_REASONS[answer.finish];
  const usage = usageOf(answer);
  const message = {
    id: `msg_${answer.seed.slice(0, 24)}`,
    type: 'message',
    role: 'assistant',
    model: answer.servedModel,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  };
  const send = (event: { readonly type: string } & Readonly<Record<string, unknown>>): string =>
    frame(event, event.type);
  const opening = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return {
    frames: [
      send({ type: 'message_start', message: opening }),
      send({ type: 'ping' }),
      ...blocks.flatMap((block, index) => [
        send({ type: 'content_block_start', index, content_block: block.start }),
        ...block.deltas.map((delta) => send({ type: 'content_block_delta', index, delta })),
        send({ type: 'content_block_stop', index }),
      ]),
      send({
        type: 'message_delta',
        delta: { stop_reason: stopReason, stop_sequence: null, stop_details: null, container: null },
        usage,
      }),
      send({ type: 'message_stop' }),
    ],
    body: { ...message, content: blocks.map((block) => block.whole), stop_reason: stopReason, usage },
  };
}

function blocksOf(answer: Answer): readonly Block[] {
  const blocks: Block[] = [];
  if (answer.thinking !== '') {
    const signature = sealThinking(answer.servedModel, answer.thinking);
    blocks.push({
      whole: { type: 'thinking', thinking: answer.thinking, signature },
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...chunksOf(answer.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature },
      ],
    });
  }
  if (answer.text !== '') {
    blocks.push({
      whole: { type: 'text', text: answer.text, citations: null },
      start: { type: 'text', text: '', citations: null },
      deltas: chunksOf(answer.text).map((text) => ({ type: 'text_delta', text })),
    });
  }
  for (const { id, name, input } of answer.toolCalls) {
    blocks.push({
      whole: { type: 'tool_use', id, name, input, caller: { type: 'direct' } },
      start: { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } },
      deltas: chunksOf(JSON.stringify(input)).map((json) => ({ type: 'input_json_delta', partial_json: json })),
    });
  }
  return blocks;
}

/** Tiers that are none of its own: a faster configuration is said elsewhere. */
const SPEEDS: ReadonlySet<string> = new Set(['fast', 'default']);

function usageOf({ cache, outputTokens, thinkingTokens, servedTier }: Answer): object {
  return {
    input_tokens: cache.promptTokens - cache.readTokens - cache.writeTokens,
    cache_read_input_tokens: cache.readTokens,
    cache_creation_input_tokens: cache.writeTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cache.writeTokens - cache.longWriteTokens,
      ephemeral_1h_input_tokens: cache.longWriteTokens,
    },
    output_tokens: outputTokens,
    output_tokens_details: thinkingTokens === 0 ? null : { thinking_tokens: thinkingTokens },
    server_tool_use: null,
    service_tier: servedTier === undefined || SPEEDS.has(servedTier) ? 'standard' : servedTier,
    inference_geo: null,
    speed: servedTier === 'fast' ? 'fast' : null,
  };
}
