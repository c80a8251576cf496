import { describe, expect, test } from 'vitest';
import { asId, type EndpointId, type SessionId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { aModel, modelId } from '../../testing/index.ts';
import { createHostMeter } from './host-meter.ts';
import { hostViews, sessionTurn } from './host-views.ts';
import { statedLimits } from './limit-headers.ts';
import { createRateLimits } from './rate-limits.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const place = (id: string): { readonly id: ReturnType<typeof modelId>; readonly endpoint: EndpointId } => ({
  id: modelId(id),
  endpoint: asId<EndpointId>(id),
});

describe('what vendors say of limits', () => {
  test.each([
    [
      'Anthropic',
      {
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '12',
        'anthropic-ratelimit-requests-reset': '2026-11-29T12:00:30Z',
      },
      { limit: 50, remaining: 12, resetMs: 30_000 },
    ],
    [
      'OpenAI, Azure and Groq',
      {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m30.5s',
      },
      { limit: 60, remaining: 0, resetMs: 90_500 },
    ],
    [
      'in milliseconds',
      { 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '120ms' },
      { limit: undefined, remaining: 5, resetMs: 120 },
    ],
    [
      'in seconds',
      { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '2' },
      { limit: 10, remaining: 3, resetMs: 2000 },
    ],
    [
      'as a moment in milliseconds',
      { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': String(NOW + 4000) },
      { limit: undefined, remaining: 3, resetMs: 4000 },
    ],
    [
      'as a moment in seconds',
      { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': String(NOW / 1000 + 4) },
      { limit: undefined, remaining: 3, resetMs: 4000 },
    ],
    [
      'the draft of the IETF',
      { 'ratelimit-limit': '10', 'ratelimit-remaining': '9', 'ratelimit-reset': '1' },
      { limit: 10, remaining: 9, resetMs: 1000 },
    ],
  ])('%s', (_vendor, headers, expected) => {
    expect(statedLimits(headers, NOW)).toEqual([expected]);
  });

  test('nonsense says nothing', () => {
    for (const value of ['', 'many', '-1', 'NaN', 'Infinity']) {
      expect(statedLimits({ 'x-ratelimit-remaining-requests': value }, NOW)).toEqual([]);
    }
    expect(statedLimits({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': 'soon' }, NOW)).toEqual([
      { limit: undefined, remaining: 1, resetMs: undefined },
    ]);
  });
});

describe('limits of a key', () => {
  test('fill up evenly until their reset, and a spent one is waited for as long as one unit takes', () => {
    const limits = createRateLimits();
    const key = place('a');
    limits.note(key, [{ limit: 60, remaining: 30, resetMs: 30_000 }], 0);
    expect(limits.leftRatio(key, 0)).toBeCloseTo(0.5);
    expect(limits.leftRatio(key, 15_000)).toBeCloseTo(0.75);
    limits.note(key, [{ limit: 60, remaining: 0, resetMs: 60_000 }], 20_000);
    expect(limits.leftRatio(key, 20_000)).toBe(0);
    expect(limits.waitMs(key, 20_000)).toBe(1000);
    expect(limits.waitMs(key, 21_000)).toBe(0);
  });

  test('those that wait together are let out one by one', () => {
    const limits = createRateLimits();
    const key = place('a');
    limits.note(key, [{ limit: 10, remaining: 0, resetMs: 10_000 }], 0);
    limits.turnedAway(key, 2000, 0);
    expect([0, 0, 0].map(() => limits.takeTurn(key, 0, 10_000))).toEqual([2000, 3000, 4000]);
    expect(limits.takeTurn(place('b'), 0, 10_000)).toBe(0);
  });

  test('a turn that comes too late for one is taken by nobody: it stays for the next', () => {
    const limits = createRateLimits();
    const key = place('a');
    limits.note(key, [{ limit: 10, remaining: 0, resetMs: 10_000 }], 0);
    limits.turnedAway(key, 1000, 0);
    const turns = Array.from({ length: 100 }, () => limits.takeTurn(key, 0, 3500));
    expect(turns.slice(0, 4)).toEqual([1000, 2000, 3000, undefined]);
    expect(turns.slice(4).every((turn) => turn === undefined)).toBe(true);
    expect(limits.takeTurn(key, 900, 3500)).toBe(3100);
  });

  test.each([
    ['without a reset', undefined],
    ['with one that is past', '2020-01-01T00:00:00Z'],
    ['with one of a day without end', `${'9'.repeat(400)}h`],
    ['with one in thirty years', '999999999'],
    ['with one at the end of time', '1e99'],
    ['with a year that no clock has', '+275000-01-01T00:00:00Z'],
  ])('what an answer states is believed for minutes, not for ever: %s', (_what, reset) => {
    const limits = createRateLimits();
    const key = place('a');
    const headers = {
      'anthropic-ratelimit-requests-limit': '1e99',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': reset,
    };
    limits.note(key, statedLimits(headers, NOW), 0);
    expect(limits.waitMs(key, 0)).toBeLessThanOrEqual(60_000);
    expect(limits.waitMs(key, 60_000)).toBe(0);
    expect(limits.leftRatio(key, 60_000)).toBe(1);
  });

  test.each([1e12, Number.MAX_VALUE])('nor is a refusal that asks for %d ms', (retryAfterMs) => {
    const limits = createRateLimits();
    limits.turnedAway(place('a'), retryAfterMs, 0);
    expect(limits.waitMs(place('a'), 0)).toBe(3_600_000);
  });

  test('another key, and another model of it, are not meant', () => {
    const limits = createRateLimits();
    limits.turnedAway(place('a'), 5000, 0);
    expect(limits.waitMs(place('a'), 1000)).toBe(4000);
    expect(limits.waitMs(place('b'), 1000)).toBe(0);
    expect(limits.waitMs({ ...place('a'), id: modelId('other') }, 1000)).toBe(0);
  });
});

describe('what a decision hears of hosts', () => {
  const home = aModel({ id: modelId('m'), endpoint: asId<EndpointId>('home') });
  const eu = { ...home, id: modelId('eu/m'), sameAs: home.id, endpoint: asId<EndpointId>('eu') };
  const alone = aModel({ id: modelId('alone') });
  const sources = { meter: createHostMeter(), limits: createRateLimits(), endpointOf: () => ({}) };
  const session = 'session' as Parameters<typeof hostViews>[2]['session'];

  test('nothing of a model that has one', () => {
    expect(hostViews(sources, [home, alone], { session, nowMs: 0 })).toEqual([]);
    expect(hostViews(sources, [home, eu, alone], { session, nowMs: 0 }).map(({ model }) => model)).toEqual([
      home.id,
      eu.id,
    ]);
  });

  test('failures count until they are old, and a key near its limit counts like one that fails', () => {
    const { meter, limits } = sources;
    for (let count = 0; count < 8; count++) meter.failed(eu, 0);
    limits.note(home, [{ limit: 100, remaining: 5, resetMs: 100_000 }], 0);
    const at = (nowMs: number): readonly number[] =>
      hostViews(sources, [home, eu], { session, nowMs }).map(({ failureRatio }) => failureRatio);
    expect(at(0)).toEqual([0.5, 0.8]);
    expect(at(60_000)[0]).toBe(0);
    expect(at(30 * 60_000)).toEqual([0, 0]);
  });

  test('speeds that differ by less than noise are one', () => {
    const meter = createHostMeter();
    for (let count = 0; count < 20; count++) {
      meter.began(home, count, 500 + (count % 3));
      meter.began(eu, count, 503 - (count % 3));
    }
    expect(meter.seenOf(home, 20).ttftMs).toBe(meter.seenOf(eu, 20).ttftMs);
    expect(createHostMeter().seenOf(home, 0)).toEqual({ failureRatio: 0 });
  });

  test('sessions are spread over equals by weight', () => {
    const weights = [1, 2, 5];
    const count = 8000;
    const taken = weights.map(() => 0);
    for (let index = 0; index < count; index++) {
      const turns = weights.map((weight, at) => sessionTurn(`ses_${index}`, place(`host-${at}`), weight));
      const first = turns.indexOf(Math.min(...turns));
      taken[first] = (taken[first] ?? 0) + 1;
    }
    const expected = weights.map((weight) => (count * weight) / 8);
    const chiSquare = expected.reduce((sum, want, at) => sum + ((taken[at] ?? 0) - want) ** 2 / want, 0);
    // Two degrees of freedom: one in a thousand fair draws is further off.
    expect(chiSquare).toBeLessThan(13.8);
  });

  test('a host that goes moves no session between the others', () => {
    for (let index = 0; index < 500; index++) {
      const turns = ['a', 'b', 'c'].map((name) => ({ name, turn: sessionTurn(`ses_${index}`, place(name), 1) }));
      const order = turns.toSorted((one, other) => one.turn - other.turn).map(({ name }) => name);
      if (order[0] === 'c') continue;
      const without = turns.filter(({ name }) => name !== 'c').toSorted((one, other) => one.turn - other.turn);
      expect(without[0]?.name).toBe(order[0]);
    }
  });
});

test('a canary is drawn for its share of the sessions, the same ones every time', () => {
  const home = aModel();
  const canary = aModel({ ...home, id: modelId('new/x'), sameAs: home.id, endpoint: asId<EndpointId>('new') });
  const drawn = (canaryRatio: number, session: string): string | undefined => {
    const endpointOf = (model: { readonly endpoint: EndpointId }): object =>
      model.endpoint === canary.endpoint ? { canaryRatio } : {};
    const views = hostViews({ meter: createHostMeter(), limits: createRateLimits(), endpointOf }, [home, canary], {
      session: session as Parameters<typeof hostViews>[2]['session'],
      nowMs: 0,
    });
    expect(views.find(({ model }) => model === home.id)?.canary).toBeUndefined();
    return views.find(({ model }) => model === canary.id)?.canary;
  };
  const sessions = Array.from({ length: 2000 }, (_, index) => `ses_${index}`);
  const few = sessions.filter((session) => drawn(0.05, session) === 'drawn');
  const many = new Set(sessions.filter((session) => drawn(0.3, session) === 'drawn'));
  expect(few.length / 2000).toBeCloseTo(0.05, 1);
  expect(many.size / 2000).toBeCloseTo(0.3, 1);
  expect(few.every((session) => many.has(session))).toBe(true);
});

test('a canary with several keys and models is drawn once for all of them', () => {
  const site = asId<EndpointId>('new');
  const home = aModel();
  const small = aModel({ id: modelId('small') });
  const at = (model: Model, endpoint: string): Model =>
    aModel({
      ...model,
      id: modelId(`${endpoint}/${model.id}`),
      sameAs: model.id,
      endpoint: asId<EndpointId>(endpoint),
    });
  const fresh = ['new', 'new#KEY_B'].flatMap((endpoint) => [at(home, endpoint), at(small, endpoint)]);
  const endpointOf = ({ endpoint }: Model): object =>
    endpoint === home.endpoint ? {} : { canaryRatio: 0.5, ...(endpoint === site ? {} : { site }) };
  const draws = Array.from({ length: 40 }, (_, index) =>
    hostViews({ meter: createHostMeter(), limits: createRateLimits(), endpointOf }, [home, small, ...fresh], {
      session: asId<SessionId>(`ses_${index}`),
      nowMs: 0,
    }).flatMap(({ canary }) => canary ?? []),
  );
  expect(draws.every((views) => views.length === fresh.length && new Set(views).size === 1)).toBe(true);
  expect(new Set(draws.flat()).size).toBe(2);
});
