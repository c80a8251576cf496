import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import { asId } from '../domain/ids.ts';
import { aCallRequest, aModel } from '../testing/index.ts';
import type { ModelProvider } from './provider.ts';
import { streamWithRetry, type RetryOptions, type RetryRules } from './retry.ts';

const start: StreamPart = { type: 'start', servedModel: 'm', requestId: 'r' };
const text: readonly StreamPart[] = [
  { type: 'text-start', index: 0 },
  { type: 'text-delta', index: 0, text: 'Hi' },
  { type: 'text-end', index: 0 },
];
const finish: StreamPart = { type: 'finish', reason: 'stop', usage: undefined, ttftMs: 1, durationMs: 2 };
const rules: RetryRules = { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 50 };

function failure(retryable: boolean, details: Readonly<Record<string, unknown>> = {}): StreamPart {
  const error = new PointsmanError('provider-unavailable', 'down', { retryable, details });
  return { type: 'error', error, usage: undefined };
}

function providerOf(streams: readonly (readonly StreamPart[])[]): ModelProvider & { calls: number } {
  return {
    endpoint: asId('test'),
    calls: 0,
    async *stream(): AsyncGenerator<StreamPart> {
      yield* streams[this.calls++] ?? [];
    },
  };
}

async function play(provider: ModelProvider, options: Partial<RetryOptions> = {}): Promise<readonly StreamPart[]> {
  const parts: StreamPart[] = [];
  const all = { signal: new AbortController().signal, random: () => 0, rules, ...options };
  for await (const part of streamWithRetry(provider, aModel(), aCallRequest(), all)) parts.push(part);
  return parts;
}

describe('retrying', () => {
  test('gives the answer of the first try that works, and how many it took', async () => {
    const provider = providerOf([[failure(true)], [start, failure(true)], [start, ...text, finish]]);
    const parts = await play(provider);
    expect(parts).toEqual([start, ...text, { ...finish, retryCount: 2 }]);
    expect(provider.calls).toBe(3);
  });

  test('stops once something of the answer was seen', async () => {
    const provider = providerOf([
      [start, ...text.slice(0, 2), failure(true)],
      [start, ...text, finish],
    ]);
    const parts = await play(provider);
    expect(parts.map((part) => part.type)).toEqual(['start', 'text-start', 'text-delta', 'error']);
    expect(provider.calls).toBe(1);
  });

  test('leaves alone what is not retryable', async () => {
    const provider = providerOf([[failure(false)]]);
    expect((await play(provider)).map((part) => part.type)).toEqual(['error']);
    expect(provider.calls).toBe(1);
  });

  test('ends after the last allowed try with the error and the count', async () => {
    const provider = providerOf([[failure(true)], [failure(true)], [failure(true)], [start, finish]]);
    expect(await play(provider)).toEqual([{ ...failure(true), retryCount: 2 }]);
    expect(provider.calls).toBe(3);
  });

  test('waits as long as the vendor asks, else longer each time and never past the ceiling', async () => {
    const delays: number[] = [];
    const onRetry: RetryOptions['onRetry'] = ({ delayMs }) => delays.push(delayMs);
    const downs = [
      [failure(true, { retryAfterMs: 7 })],
      [failure(true)],
      [failure(true)],
      [failure(true)],
      [start, finish],
    ];
    await play(providerOf(downs), {
      onRetry,
      random: () => 1,
      rules: { maxRetries: 9, baseDelayMs: 2, maxDelayMs: 10 },
    });
    expect(delays).toEqual([7, 4, 8, 10]);
  });

  test('gives up at once when the vendor asks for more patience than there is', async () => {
    const provider = providerOf([[failure(true, { retryAfterMs: 60_000 })], [start, finish]]);
    expect((await play(provider)).map((part) => part.type)).toEqual(['error']);
    expect(provider.calls).toBe(1);
  });

  test('ends a pause when the caller aborts', async () => {
    const controller = new AbortController();
    const provider = providerOf([[failure(true, { retryAfterMs: 3_600_000 })], [start, finish]]);
    const parts = await play(provider, {
      signal: controller.signal,
      rules: { ...rules, maxDelayMs: 3_600_000 },
      onRetry: () => controller.abort(),
    });
    expect(parts).toMatchObject([{ type: 'error', error: { code: 'aborted' }, retryCount: 0 }]);
    expect(provider.calls).toBe(1);
  });

  test('an answer without content still begins with its start', async () => {
    expect((await play(providerOf([[start, finish]]))).map((part) => part.type)).toEqual(['start', 'finish']);
  });
});
