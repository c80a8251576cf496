import { Stream as AnthropicStream } from '@anthropic-ai/sdk/core/streaming';
import { Stream as OpenAiStream } from 'openai/core/streaming';
import { describe, expect, test } from 'vitest';
import { toAnswer, type WireAnswer } from '../providers/scripted/answer.ts';
import { writeGemini } from '../providers/scripted/gemini/write-gemini.ts';
import { readRequest } from '../providers/scripted/read-request.ts';
import { writeAnthropic } from '../providers/scripted/write-anthropic.ts';
import { writeChat } from '../providers/scripted/write-chat.ts';
import { writeResponses } from '../providers/scripted/write-responses.ts';
import { aGptModel, aModel } from '../testing/index.ts';
import { createAnthropicDecoder } from './anthropic-messages/anthropic-stream-codec.ts';
import { createGeminiDecoder } from './gemini-generate-content/gemini-stream-codec.ts';
import { createChatDecoder } from './openai-chat/chat-stream-codec.ts';
import { createResponsesDecoder } from './openai-responses/responses-stream-codec.ts';
import { createSseParser } from './shared/sse.ts';
import type { CodecPart, StreamDecoder } from './shared/stream-decoder.ts';

/** Text of one, two, three and four bytes a character. */
const words = { thinking: 'né', text: '世🚂', toolCalls: [{ name: 'go', input: { to: 'ü' } }] };
const cache = { promptTokens: 10, readTokens: 0, writeTokens: 0, longWriteTokens: 0 };

type OpenStream = (response: Response, controller: AbortController) => AsyncIterable<unknown>;
const openAnthropic: OpenStream = (response, controller) => AnthropicStream.fromSSEResponse(response, controller);
const openOpenAi: OpenStream = (response, controller) => OpenAiStream.fromSSEResponse(response, controller);

/** Google’s SDK opens no stream by itself: ours reads its events. */
const openOurs: OpenStream = async function* readEvents(response) {
  const found: unknown[] = [];
  const parser = createSseParser(({ data }) => found.push(JSON.parse(data)));
  for await (const chunk of response.body ?? []) parser.push(Buffer.from(chunk));
  yield* found;
};

function answered(
  wire: Parameters<typeof readRequest>[0],
  write: (answer: ReturnType<typeof toAnswer>) => WireAnswer,
): Uint8Array {
  const answer = toAnswer(words, readRequest(wire, { model: 'm', tools: [], messages: [] }), cache, 0);
  return Buffer.from(write(answer).frames.join(''));
}

const wires: readonly (readonly [string, Uint8Array, OpenStream, () => StreamDecoder])[] = [
  [
    'Anthropic Messages',
    answered('anthropic-messages', writeAnthropic),
    openAnthropic,
    () => createAnthropicDecoder(aModel()),
  ],
  [
    'Chat Completions',
    answered('openai-chat', (answer) => writeChat(answer, { usageStyle: 'openai', includeUsage: true })),
    openOpenAi,
    () => createChatDecoder(aGptModel()),
  ],
  ['Responses', answered('openai-responses', writeResponses), openOpenAi, () => createResponsesDecoder(aGptModel())],
  [
    'generateContent',
    answered('gemini-generate-content', (answer) => writeGemini(answer, true)),
    openOurs,
    () => createGeminiDecoder(aGptModel()),
  ],
];

async function decode(
  chunks: readonly Uint8Array[],
  open: OpenStream,
  decoder: StreamDecoder,
): Promise<readonly CodecPart[]> {
  const body = ReadableStream.from(chunks);
  const events = open(new Response(body), new AbortController());
  const parts: CodecPart[] = [];
  for await (const event of events) parts.push(...decoder.push(event));
  return [...parts, ...decoder.end()];
}

describe.each(wires)('a stream of %s', (_name, bytes, open, decoder) => {
  test('gives the same parts, whichever byte it is split at', async () => {
    const whole = await decode([bytes], open, decoder());
    expect(whole.at(-1)?.type).toBe('finish');
    const expected = JSON.stringify(whole);
    for (let at = 1; at < bytes.length; at += 1) {
      const parts = await decode([bytes.subarray(0, at), bytes.subarray(at)], open, decoder());
      if (JSON.stringify(parts) !== expected) expect.unreachable(`differs when split at byte ${at}`);
    }
  });

  test('gives the same parts one byte at a time and with Windows line ends', async () => {
    const whole = JSON.stringify(await decode([bytes], open, decoder()));
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(JSON.stringify(await decode(single, open, decoder()))).toBe(whole);
    const windows = Buffer.from(Buffer.from(bytes).toString('utf8').replaceAll('\n', '\r\n'));
    expect(JSON.stringify(await decode([windows], open, decoder()))).toBe(whole);
  });
});
