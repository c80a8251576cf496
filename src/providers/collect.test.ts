import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import { aModel, aUsage } from '../testing/index.ts';
import { collect, collectOutcome } from './collect.ts';

const model = aModel();
const issued = { by: model.id, wire: { signature: 'x' } };
const content: readonly StreamPart[] = [
  { type: 'start', servedModel: 'claude-served', requestId: 'req_1', losses: [{ kind: 'schema-as-text' }] },
  { type: 'thinking-start', index: 0 },
  { type: 'thinking-delta', index: 0, text: 'hm' },
  { type: 'thinking-end', index: 0, issued },
  { type: 'tool-call-start', index: 2, toolCallId: 'b', toolName: 'second' },
  { type: 'text-start', index: 1 },
  { type: 'text-delta', index: 1, text: 'He' },
  { type: 'text-delta', index: 1, text: 'llo' },
  { type: 'text-end', index: 1 },
  { type: 'tool-call-delta', index: 2, inputJson: '{"a":1}' },
  { type: 'tool-call-end', index: 2, input: { a: 1 } },
  { type: 'tool-call-start', index: 3, toolCallId: 'c', toolName: 'cut' },
];
const finish: StreamPart = {
  type: 'finish',
  reason: 'length',
  usage: aUsage(),
  ttftMs: 5,
  durationMs: 9,
  retryCount: 1,
};

async function* streamOf(parts: readonly StreamPart[]): AsyncGenerator<StreamPart> {
  yield* parts;
}

describe('folding a stream', () => {
  test('gives the message in block order, without a tool call that did not end', async () => {
    const result = await collect(streamOf([...content, finish]), { model });
    expect(result).toEqual({
      message: {
        role: 'assistant',
        model: model.id,
        content: [
          { type: 'thinking', text: 'hm', issued },
          { type: 'text', text: 'Hello' },
          { type: 'tool-call', toolCallId: 'b', toolName: 'second', input: { a: 1 } },
        ],
      },
      finishReason: 'length',
      usage: aUsage(),
      servedModel: 'claude-served',
      endpoint: model.endpoint,
      requestId: 'req_1',
      ttftMs: 5,
      durationMs: 9,
      retryCount: 1,
      losses: [{ kind: 'schema-as-text' }],
    });
  });

  test('throws the error that ended it, and can give what was there and what it cost', async () => {
    const error = new PointsmanError('provider-timeout', 'late');
    const parts = [...content.slice(0, 8), { type: 'error', error, usage: aUsage() } as const];
    await expect(collect(streamOf(parts), { model })).rejects.toBe(error);
    const outcome = await collectOutcome(streamOf(parts), { model });
    expect(outcome).toMatchObject({ kind: 'failed', usage: aUsage(), partial: [{ text: 'hm' }, { text: 'Hello' }] });
  });

  test('shows each part as it arrives', async () => {
    const seen: string[] = [];
    await collect(streamOf([...content, finish]), { model, onPart: (part) => seen.push(part.type) });
    expect(seen).toEqual([...content, finish].map((part) => part.type));
  });

  test('a stream that just stops is our own fault', async () => {
    await expect(collect(streamOf(content), { model })).rejects.toMatchObject({ code: 'internal' });
  });
});
