import { expect, test } from 'vitest';
import { asId, type CallId, type DecisionId, type ModelId, type SessionId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import type { CallRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { PagedCall } from '../../recorder/store-views.ts';
import { aDecideInput, aQuality, TEST_NOW } from '../../testing/decision-builders.ts';
import { aCallRecord, aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { createAlarmSource } from './alarm-source.ts';
import { ALARM_CODES, alarmHint, alarmText } from './alarm.ts';
import { createLevelDetector, createRateDetector } from './detector.ts';
import { createWatch } from './watch.ts';

test('a rate is raised once and lowered once, however it wavers between', () => {
  const detector = createRateDetector({ leastCount: 30, usual: 0.3, rise: 0.5 });
  const states: boolean[] = [];
  const note = (isYes: boolean, at: number): void => {
    detector.note(isYes, at);
    states.push(detector.raised !== undefined);
  };
  for (let at = 0; at < 100; at += 1) note(at % 4 === 0, at);
  for (let at = 100; at < 300; at += 1) note(at % 8 !== 0, at);
  for (let at = 300; at < 500; at += 1) note(at % 4 === 0, at);
  const changes = states.filter((state, at) => at > 0 && state !== states[at - 1]);
  expect(changes).toEqual([true, false]);
});

test('nothing is said at ten calls, nor of a level that is high from the start', () => {
  const rate = createRateDetector({ leastCount: 30, usual: 0.3, rise: 0.5 });
  for (let at = 0; at < 29; at += 1) rate.note(true, at);
  expect(rate.raised).toBeUndefined();
  const level = createLevelDetector(0.5);
  for (let at = 0; at < 500; at += 1) level.note(9000, at);
  expect(level.raised).toBeUndefined();
  for (let at = 500; at < 600; at += 1) level.note(30_000, at);
  expect(level.raised?.now).toBeGreaterThan(2);
});

test('what is raised for a thousand more of the same is the new usual', () => {
  const level = createLevelDetector(0.5);
  for (let at = 0; at < 200; at += 1) level.note(100, at);
  for (let at = 200; at < 2000; at += 1) level.note(300, at);
  expect(level.raised).toBeUndefined();
});

test('of models, keys and checks so many are watched, and no more', () => {
  const watch = createWatch();
  for (let at = 0; at < 5000; at += 1)
    watch.call({ at, model: `m${at}`, ttftMs: 100, costRatio: 1, missedCache: true });
  expect(watch.alarms()).toEqual([]);
});

function storeOf(
  count: number,
  over: { readonly isStrong: boolean; readonly key: string },
): {
  readonly steps: StepRecord[];
  readonly calls: PagedCall[];
} {
  const [strong] = aDecision().candidates;
  if (strong === undefined) expect.fail('A decision has a candidate');
  const cheap = { ...strong, model: asId<ModelId>('cheap'), billNanoUsd: toNanoUsd(1) };
  const steps: StepRecord[] = [];
  const calls: PagedCall[] = [];
  for (let at = 0; at < count; at += 1) {
    const decisionId = asId<DecisionId>(`d-${at}`);
    const sessionId = asId<SessionId>(`s-${at}`);
    const plain = { ...aDecision({ decisionId }), candidates: [strong, cheap] };
    const decision = over.isStrong || plain.kind === 'refuse' ? plain : { ...plain, to: cheap.model };
    const input = aDecideInput({ decisionId, quality: [aQuality('claude-test', 0.8), aQuality('cheap', 0.8)] });
    const models = [...input.models, ...input.models.map((model) => ({ ...model, id: cheap.model }))];
    // As a gateway records them: of no job.
    steps.push(
      aStepRecord({ jobId: undefined, sessionId, input: { ...input, models }, decision, startedAt: TEST_NOW + at }),
    );
    const call: CallRecord = {
      ...aCallRecord({ callId: asId<CallId>(`c-${at}`), jobId: undefined, startedAt: TEST_NOW + at }),
      predictedCacheReadTokens: 10_000,
      usage: {
        uncachedTokens: 100,
        cacheReadTokens: at < 100 ? 9000 : 0,
        cacheWriteTokens: 0,
        cacheWrite1hTokens: 0,
        reasoningTokens: 0,
        outputTokens: 5,
      },
    };
    calls.push({ seq: at + 1, call, workspace: undefined });
  }
  return { steps, calls };
}

function sourceOf(
  store: ReturnType<typeof storeOf>,
  outcomes: readonly OutcomeRecord[] = [],
): {
  readonly source: ReturnType<typeof createAlarmSource>;
  readonly asked: { afterSeq: number | undefined }[];
} {
  const asked: { afterSeq: number | undefined }[] = [];
  const source = createAlarmSource({
    views: {
      calls: async (_filter, { limit, afterSeq }) => {
        asked.push({ afterSeq });
        return store.calls
          .filter(({ seq }) => seq > (afterSeq ?? 0))
          .toReversed()
          .slice(0, limit);
      },
      newestSteps: async (limit) => store.steps.toReversed().slice(0, limit),
      newestOutcomes: async () => outcomes,
      steps: async (ids) => store.steps.filter(({ decision }) => ids.includes(decision.decisionId)),
    },
  });
  return { source, asked };
}

test('a collapse of calls through the gateway is seen in their records, once, and nothing where the cheaper one is taken', async () => {
  const { source, asked } = sourceOf(storeOf(60, { isStrong: true, key: 'ana' }));
  expect((await source.current()).map(({ code }) => code)).toEqual(['collapse']);
  expect(await source.current()).toEqual(source.latest());
  expect(asked).toEqual([{ afterSeq: undefined }, { afterSeq: 60 }]);
  expect(await sourceOf(storeOf(60, { isStrong: false, key: 'ana' })).source.current()).toEqual([]);
  expect(await sourceOf(storeOf(10, { isStrong: true, key: 'ana' })).source.current()).toEqual([]);
});

test('reads of a cache that no longer come, and reports of failure, are raised in their records', async () => {
  const store = storeOf(200, { isStrong: false, key: 'ana' });
  const outcomes = Array.from({ length: 120 }, (_, at) =>
    anOutcomeRecord({ decisionId: asId(`d-${at}`), at: TEST_NOW + at, verdict: at < 40 ? 'good_fit' : 'failed' }),
  );
  const { source } = sourceOf(store, outcomes);
  expect((await source.current()).map(({ code }) => code).sort()).toEqual(['cache', 'failures']);
});

test('records that cannot be read raise nothing, and that is said', async () => {
  const warned: string[] = [];
  const source = createAlarmSource({
    views: {
      calls: async () => Promise.reject(new Error('gone')),
      newestSteps: async () => [],
      newestOutcomes: async () => [],
      steps: async () => [],
    },
    onWarning: ({ code }) => warned.push(code),
  });
  expect(await source.current()).toEqual([]);
  expect(warned).toEqual(['record-unreadable']);
});

test.each(ALARM_CODES)('%s is said in words, with what to do', (code) => {
  expect(alarmText({ code, of: 'x', sinceAt: 0, usual: 0.2, now: 0.9 })).toMatch(/\.$/u);
  expect(alarmHint(code)).toMatch(/\.$/u);
});
