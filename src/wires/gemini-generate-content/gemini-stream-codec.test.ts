import { describe, expect, test } from 'vitest';
import { aGptModel } from '../../testing/index.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';
import { createGeminiDecoder } from './gemini-stream-codec.ts';

const chunk = (parts: readonly object[], more: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 9 },
  modelVersion: 'gemini-3-test',
  responseId: 'r1',
});

function read(...events: readonly unknown[]): readonly CodecPart[] {
  const decoder = createGeminiDecoder(aGptModel());
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

const lastOf = (...events: readonly unknown[]): unknown => read(...events).at(-1);

describe('the end of an answer', () => {
  test.each<readonly [string, string]>([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map(
      (reason) => [reason, 'content-filter'] as const,
    ),
    ['OTHER', 'other'],
    ['A_REASON_OF_TOMORROW', 'other'],
  ])('%s is %s', (finishReason, reason) => {
    expect(lastOf(chunk([{ text: 'x' }]), chunk([], { finishReason }))).toMatchObject({ type: 'finish', reason });
  });

  test('is a call of tools where there are any, though it says STOP', () => {
    const call = chunk([{ functionCall: { name: 'f', args: {} } }], { finishReason: 'STOP' });
    expect(lastOf(call)).toMatchObject({ type: 'finish', reason: 'tool-calls' });
  });

  test.each([
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'MALFORMED_RESPONSE',
    'MISSING_THOUGHT_SIGNATURE',
    'CONTINUATION',
  ])('%s is no answer, and says so by name', (finishReason) => {
    const end = lastOf(chunk([{ text: 'x' }]), chunk([], { finishReason, finishMessage: 'why' }));
    expect(end).toMatchObject({ type: 'error', usage: { uncachedTokens: 9 } });
    expect(JSON.stringify(end)).not.toContain('finish"');
    const { error } = end as { readonly error: Error };
    expect(error.message).toMatch(new RegExp(`${finishReason}.*why`, 'u'));
  });

  test('of a prompt that was blocked is a filter, and a stream without an end was cut', () => {
    expect(
      lastOf({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4 } }),
    ).toEqual({
      type: 'finish',
      reason: 'content-filter',
      usage: expect.objectContaining({ uncachedTokens: 4, outputTokens: 0 }) as object,
    });
    expect(lastOf(chunk([{ text: 'x' }]))).toMatchObject({ type: 'error', error: { code: 'provider-unavailable' } });
  });

  test.each([
    [429, 'RESOURCE_EXHAUSTED', 'provider-rate-limited'],
    [503, 'UNAVAILABLE', 'provider-unavailable'],
    [400, 'INVALID_ARGUMENT', 'provider-rejected'],
  ])('an error %d %s in the stream is %s, in Google’s words', (code, status, expected) => {
    const end = lastOf(chunk([{ text: 'x' }]), { error: { code, status, message: 'its words' } });
    expect(end).toMatchObject({ type: 'error', error: { code: expected, message: 'its words' } });
  });
});

test('usage counts what was cached, thought and read by tools once each', () => {
  const usageMetadata = {
    promptTokenCount: 100,
    cachedContentTokenCount: 60,
    toolUsePromptTokenCount: 5,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 7,
    totalTokenCount: 132,
  };
  expect(lastOf({ ...chunk([{ text: 'x' }], { finishReason: 'STOP' }), usageMetadata })).toMatchObject({
    usage: {
      uncachedTokens: 45,
      cacheReadTokens: 60,
      cacheWriteTokens: undefined,
      outputTokens: 27,
      reasoningTokens: 7,
    },
  });
});

test.each([{}, { promptTokenCount: '12' }, { promptTokenCount: -1 }, { cachedContentTokenCount: 50 }, 'none', null])(
  'an odd report %j loses no answer',
  (usageMetadata) => {
    expect(lastOf({ ...chunk([{ text: 'x' }], { finishReason: 'STOP' }), usageMetadata })).toMatchObject({
      type: 'finish',
    });
  },
);

test('a part that no other format has a word for is an error that names it', () => {
  const end = lastOf(chunk([{ inlineData: { mimeType: 'image/png', data: 'eA==' } }], { finishReason: 'STOP' }));
  expect(end).toMatchObject({
    type: 'error',
    error: { code: 'provider-protocol', message: expect.stringContaining('inlineData') as string },
  });
});

test('calls without ids get some that no other answer has, and parallel ones keep their order', () => {
  const call = (args: object): object => ({ functionCall: { name: 'f', args } });
  const ids = read(chunk([call({ a: 1 }), call({ a: 2 })], { finishReason: 'STOP' })).flatMap((part) =>
    part.type === 'tool-call-start' ? [part.toolCallId] : [],
  );
  expect(ids).toEqual(['r1-0', 'r1-1']);
});
