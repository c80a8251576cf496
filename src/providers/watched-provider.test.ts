import { expect, test } from 'vitest';
import type { StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import { aCallRequest, aModel } from '../testing/index.ts';
import { createHostWatch } from './hosts/host-watch.ts';
import type { ModelProvider } from './provider.ts';
import { watchedProvider } from './watched-provider.ts';

const MODEL = aModel();
const SIGNAL = new AbortController().signal;

/** A provider that plays one list of parts for each call, and what was seen of it, on a clock that the parts move. */
function watched(...calls: readonly (readonly StreamPart[])[]) {
  let nowMs = 0;
  let count = 0;
  const provider: ModelProvider = {
    endpoint: MODEL.endpoint,
    async *stream() {
      for (const part of calls[count++ % calls.length] ?? []) {
        nowMs += 500;
        yield await Promise.resolve(part);
      }
    },
  };
  const watch = createHostWatch();
  const play = async (): Promise<readonly StreamPart[]> => {
    const seen: StreamPart[] = [];
    const provided = watchedProvider(provider, watch, () => nowMs);
    for await (const part of provided.stream(MODEL, aCallRequest(), { signal: SIGNAL })) seen.push(part);
    return seen;
  };
  return { play, watch, now: () => nowMs, wait: (ms: number) => void (nowMs += ms) };
}

const usage = {
  uncachedTokens: 10,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  cacheWrite1hTokens: undefined,
  outputTokens: 1000,
  reasoningTokens: undefined,
};
const text: StreamPart = { type: 'text-delta', index: 0, text: 'a' } as unknown as StreamPart;
const finish = { type: 'finish', reason: 'stop', usage, ttftMs: 1, durationMs: 2 } as unknown as StreamPart;
const failing = (error: PointsmanError): StreamPart =>
  ({ type: 'error', error, usage: undefined }) as unknown as StreamPart;

test('passes every part on, and measures when an answer began and how fast it went', async () => {
  const { play, watch, now } = watched([text, finish]);
  for (let call = 0; call < 6; call++) expect(await play()).toEqual([text, finish]);
  expect(watch.health.of(MODEL).stateAt(now())).toBe('closed');
  const seen = watch.meter.seenOf(MODEL, now());
  expect(seen.failureRatio).toBe(0);
  expect(seen.ttftMs).toBeGreaterThan(400);
  expect(seen.outputTokensPerSecond).toBeGreaterThan(1000);
});

test.each(['provider-unavailable', 'provider-timeout', 'provider-protocol'] as const)(
  '%s counts against the health of the host, and enough of them open its circuit',
  async (code) => {
    const { play, watch, now } = watched([failing(new PointsmanError(code, 'x'))]);
    for (let call = 0; call < 5; call++) await play();
    expect(watch.health.isUnhealthyAt(MODEL, now())).toBe(true);
    expect(watch.meter.seenOf(MODEL, now()).failureRatio).toBeGreaterThan(0.6);
  },
);

test.each(['provider-rejected', 'provider-auth', 'context-overflow', 'aborted'] as const)(
  '%s says nothing of the host',
  async (code) => {
    const { play, watch, now } = watched([failing(new PointsmanError(code, 'x'))]);
    for (let call = 0; call < 20; call++) await play();
    expect(watch.health.isUnhealthyAt(MODEL, now())).toBe(false);
    expect(watch.meter.seenOf(MODEL, now()).failureRatio).toBe(0);
  },
);

test('a host that nobody reaches is down for all of its models', async () => {
  const error = new PointsmanError('provider-unavailable', 'x', { details: { networkCode: 'ECONNREFUSED' } });
  const { play, watch, now } = watched([failing(error)]);
  for (let call = 0; call < 5; call++) await play();
  const neighbour = { ...MODEL, id: aModel({ id: 'neighbour' as never }).id };
  expect(watch.health.isUnhealthyAt(neighbour, now())).toBe(true);
});

test('a key at its limit is blocked for as long as its vendor asks', async () => {
  const error = new PointsmanError('provider-rate-limited', 'x', { details: { retryAfterMs: 60_000 } });
  const { play, watch, now } = watched([failing(error)]);
  await play();
  expect(watch.limits.waitMs(MODEL, now())).toBe(60_000);
  expect(watch.health.isUnhealthyAt(MODEL, now())).toBe(false);
});

test('a probe that was left makes room for the next', async () => {
  const down = [failing(new PointsmanError('provider-unavailable', 'x'))];
  const { play, watch, now, wait } = watched(down, down, down, down, down, [
    failing(new PointsmanError('aborted', 'x')),
  ]);
  for (let call = 0; call < 5; call++) await play();
  wait(6000);
  const host = watch.health.of(MODEL);
  expect(host.stateAt(now())).toBe('half-open');
  await play();
  expect([host.stateAt(now()), host.tryAcquire(now()) !== undefined]).toEqual(['half-open', true]);
});
