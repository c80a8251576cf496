import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { DEFAULT_ASSUMPTIONS } from '../replay/simulation/assumptions.ts';
import { createRecordedModels } from '../replay/simulation/recorded-models.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { callsOfLog } from './calls-of-logs.ts';
import { GROUPINGS } from './group-key.ts';
import { digestOfLog, recordedIds } from './log-digest.ts';
import { spendTable } from './spend-table.ts';

const NOON = Date.UTC(2026, 10, 29, 12);
const models = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
const tokens = fc.option(fc.nat(300_000), { nil: undefined });
const call = fc.record({
  at: fc.option(
    fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -900, max: 900 })).map((at) => NOON + at * MINUTE_MS),
    { nil: undefined },
  ),
  endedAt: fc.constant(undefined),
  requestId: fc.option(fc.constantFrom('req_1', 'req_2'), { nil: undefined }),
  requestedModel: fc.constantFrom('claude-opus-5-5', 'claude-sonnet-5', 'gpt-6-luna', 'nobody-knows-it', 'local/free'),
  servedModel: fc.constant(undefined),
  usage: fc.option(
    fc.record({
      uncachedTokens: fc.nat(300_000),
      cacheReadTokens: tokens,
      cacheWriteTokens: tokens,
      cacheWrite1hTokens: fc.constant(undefined),
      outputTokens: fc.nat(5000),
      reasoningTokens: tokens,
    }),
    { nil: undefined },
  ),
});

function aSession(calls: readonly unknown[]): SessionTrace {
  const dropped = { malformedCount: 1, oversizedCount: 0 };
  return { client: 'codex', sessionId: 's', folder: '/x', dropped, threads: [{ calls }] } as unknown as SessionTrace;
}

test('tables of what was put together are those of every call, to the nano-dollar, whatever they are grouped by', () => {
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 60 }),
      fc.constantFrom(...GROUPINGS),
      fc.constantFrom('UTC', 'Asia/Kathmandu'),
      (calls, by, zone) => {
        const session = aSession(calls);
        const digest = digestOfLog(session, models);
        expect(spendTable(digest.calls, by, zone)).toEqual(spendTable(callsOfLog(session, models), by, zone));
      },
    ),
    { numRuns: 300 },
  );
});

test('an hour of calls of one model is four rows, and those that agree in nothing stand alone', () => {
  const usage = { uncachedTokens: 10, outputTokens: 1 };
  const at = (minute: number) => ({ at: NOON + minute * MINUTE_MS, requestedModel: 'gpt-6-luna', usage });
  const calls = Array.from({ length: 60 }, (_, minute) => at(minute));
  expect(digestOfLog(aSession(calls), models).calls.map(({ several }) => several?.callCount)).toEqual([15, 15, 15, 15]);
  expect(digestOfLog(aSession([at(0), { ...at(0), usage: undefined }]), models).calls).toHaveLength(2);
});

test('a session is held against records call by call where one may be the same', () => {
  const made = { at: NOON, requestedModel: 'gpt-6-luna', usage: undefined };
  const named = digestOfLog(aSession([{ ...made, requestId: 'req_1' }]), models);
  const unnamed = digestOfLog(aSession([made]), models);
  const [one] = callsOfLog(aSession([made]), models);
  const record = (requestId: string | undefined, at: number) =>
    recordedIds(one === undefined ? [] : [{ ...one, source: 'gateway', requestId, at }]);
  expect(record('req_1', NOON + 9 * HOUR_MS).mayHold(named)).toBe(true);
  expect(record('req_2', NOON).mayHold(named)).toBe(false);
  expect(record(undefined, NOON + MINUTE_MS).mayHold(named)).toBe(true);
  expect(record('req_2', NOON + MINUTE_MS).mayHold(unnamed)).toBe(true);
  expect(record('req_2', NOON + HOUR_MS).mayHold(unnamed)).toBe(false);
  expect(recordedIds([]).mayHold(unnamed)).toBe(false);
});
