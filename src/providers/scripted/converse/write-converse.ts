import type { FinishReason } from '../../../domain/call.ts';
import { chunksOf, frame, sealThinking, type Answer, type WireAnswer } from '../answer.ts';

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'content_filtered',
  refusal: 'content_filtered',
  other: 'end_turn',
};

/** Amazon Bedrock's Converse: each event an object of its name; text and thoughts begin without an event of their own. */
export function writeConverse(answer: Answer): WireAnswer {
  const blocks = blocksOf(answer);
  const stopReason = STOP_REASONS[answer.finish];
  const usage = usageOf(answer);
  const metrics = { latencyMs: 1 };
  return {
    frames: [
      event('messageStart', { role: 'assistant' }),
      ...blocks.flatMap(({ start, deltas }, contentBlockIndex) => [
        ...(start === undefined ? [] : [event('contentBlockStart', { start, contentBlockIndex })]),
        ...deltas.map((delta) => event('contentBlockDelta', { delta, contentBlockIndex })),
        event('contentBlockStop', { contentBlockIndex }),
      ]),
      event('messageStop', { stopReason }),
      event('metadata', { usage, metrics }),
    ],
    body: {
      output: { message: { role: 'assistant', content: blocks.map(({ whole }) => whole) } },
      stopReason,
      usage,
      metrics,
    },
  };
}

function event(name: string, data: object): string {
  return frame({ [name]: data }, name);
}

interface Block {
  readonly start?: object;
  readonly deltas: readonly object[];
  readonly whole: object;
}

function blocksOf({ thinking, text, toolCalls, servedModel }: Answer): readonly Block[] {
  const signature = sealThinking(servedModel, thinking);
  const thought: Block = {
    deltas: [
      ...chunksOf(thinking).map((piece) => ({ reasoningContent: { text: piece } })),
      { reasoningContent: { signature } },
    ],
    whole: { reasoningContent: { reasoningText: { text: thinking, signature } } },
  };
  const words: Block = { deltas: chunksOf(text).map((piece) => ({ text: piece })), whole: { text } };
  const calls = toolCalls.map(({ id: toolUseId, name, input }): Block => {
    const deltas = chunksOf(JSON.stringify(input)).map((piece) => ({ toolUse: { input: piece } }));
    return { start: { toolUse: { toolUseId, name } }, deltas, whole: { toolUse: { toolUseId, name, input } } };
  });
  return [...(thinking === '' ? [] : [thought]), ...(text === '' ? [] : [words]), ...calls];
}

/** The input leaves out what was read from the cache or written to it. */
function usageOf({ cache, outputTokens }: Answer): object {
  const { promptTokens, readTokens, writeTokens } = cache;
  return {
    inputTokens: promptTokens - readTokens - writeTokens,
    outputTokens,
    totalTokens: promptTokens + outputTokens,
    cacheReadInputTokens: readTokens,
    cacheWriteInputTokens: writeTokens,
  };
}
