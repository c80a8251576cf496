import { expect, test } from 'vitest';
import { asId, type CallId, type DecisionId } from '../../domain/ids.ts';
import type { HarnessVerdict } from '../../learn/harness-verdicts.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { matchVerdicts } from './match-verdicts.ts';

const NOW = 1_000_000;

function call(name: string, prompt: number, patch: Partial<CallRecord> = {}): CallRecord {
  return aCallRecord({
    callId: asId<CallId>(name),
    startedAt: NOW,
    durationMs: 1000,
    usage: usageOf(prompt),
    gateway: {
      askedFor: 'auto',
      wire: 'openai-chat',
      decisionId: asId<DecisionId>(`dec-${name}`),
      callerRequestId: `msg-${name}`,
      losses: [],
      strippedThinkingCount: 0,
      fallbackFrom: [],
      weakerThanDecided: false,
    },
    ...patch,
  });
}

function usageOf(prompt: number): NonNullable<HarnessVerdict['usage']> {
  return {
    uncachedTokens: prompt,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 7,
    reasoningTokens: 0,
  };
}

function says(patch: Partial<HarnessVerdict>): HarnessVerdict {
  return { callIds: [], usage: undefined, endedAt: undefined, verdict: 'good_fit', why: 'green', ...patch };
}

const found = (verdict: Partial<HarnessVerdict>, ...calls: readonly CallRecord[]): readonly string[] =>
  matchVerdicts([says(verdict)], calls).map(({ decisionId }) => decisionId);

test('by the id of the answer, whatever its size', () => {
  expect(found({ callIds: ['x', 'msg-a'], usage: usageOf(1) }, call('a', 100), call('b', 1))).toEqual(['dec-a']);
});

test('without an id by size and time, where one call alone has both', () => {
  const sized = { usage: usageOf(100), endedAt: NOW + 1500 };
  expect(found(sized, call('a', 100), call('b', 101))).toEqual(['dec-a']);
  expect(found(sized, call('a', 100), call('b', 100))).toEqual([]);
  expect(found(sized, call('a', 100), call('b', 100, { startedAt: NOW - 600_000 }))).toEqual(['dec-a']);
  expect(found({ ...sized, endedAt: NOW + 120_000 }, call('a', 100))).toEqual([]);
  expect(found({ usage: usageOf(100) }, call('a', 100))).toEqual([]);
  expect(found(sized, call('a', 100, { gateway: undefined as never }))).toEqual([]);
});

test('of several verdicts on one decision the last speaks', () => {
  const verdicts = [says({ callIds: ['msg-a'] }), says({ callIds: ['msg-a'], verdict: 'failed', why: 'red' })];
  expect(matchVerdicts(verdicts, [call('a', 1)])).toEqual([{ decisionId: 'dec-a', verdict: 'failed', note: 'red' }]);
});
