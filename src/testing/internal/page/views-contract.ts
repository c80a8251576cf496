import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId, type CallId, type JobId, type ModelId, type SessionId } from '../../../domain/ids.ts';
import { toNanoUsd } from '../../../domain/money.ts';
import { HOUR_MS, MINUTE_MS, type At } from '../../../domain/time.ts';
import type { CallRecord } from '../../../recorder/record.ts';
import type { Recorder } from '../../../recorder/recorder.ts';
import type { PagedCall, SpendCell, StoreViews } from '../../../recorder/store-views.ts';
import { aCallRecord, aDecision, aJobRecord, aStepRecord } from '../../record-builders.ts';
import { aUsage } from '../../transcript-builders.ts';
import { manyCalls } from './large-store.ts';

/** An empty store that is written and looked at; the test closes it. */
export interface OpenedViews {
  readonly recorder: Recorder;
  readonly views: StoreViews;
  /** Takes calls out of it, as pruning does. */
  readonly remove: (callIds: readonly string[]) => Promise<void>;
}

const NOON: At = Date.UTC(2026, 10, 20, 12);
const gateway = { wire: 'anthropic-messages', askedFor: 'auto', losses: [], strippedThinkingCount: 0 } as const;
const noFallback = { fallbackFrom: [], weakerThanDecided: false } as const;
/** A call of a gateway; the number tells it apart. */
export function aCall(
  number: number,
  own: Partial<CallRecord> & { readonly key?: string | undefined } = {},
): CallRecord {
  const { key, ...rest } = own;
  return aCallRecord({
    callId: asId<CallId>(`call-${number}`),
    jobId: undefined,
    startedAt: NOON + number * MINUTE_MS,
    gateway: {
      ...gateway,
      ...noFallback,
      decisionId: aDecision().decisionId,
      harness: 'codex',
      ...(key === undefined ? {} : { key }),
    },
    ...rest,
  });
}

export const totalOf = (cells: readonly SpendCell[]): readonly number[] => [
  cells.reduce((sum, cell) => sum + cell.callCount, 0),
  cells.reduce((sum, cell) => sum + cell.billNanoUsd, 0),
  cells.reduce((sum, cell) => sum + cell.unknownBillCallCount, 0),
];

/** What is seen of every store. Registers its tests. */
export function storeViewsContract(
  open: () => Promise<OpenedViews>,
  { runCount }: { readonly runCount: number },
): void {
  describe('sums of what was spent', () => {
    test('are those of the calls, whatever was written twice, is unknown or was removed', async () => {
      const drawn = fc.array(
        fc.record({
          number: fc.integer({ min: 0, max: 30 }),
          bill: fc.option(fc.nat(2 ** 40), { nil: undefined }),
          model: fc.constantFrom('a', 'b'),
          key: fc.option(fc.constantFrom('laptop', 'ci'), { nil: undefined }),
          errorCode: fc.constantFrom(undefined, 'provider-timeout' as const),
          purpose: fc.constantFrom(undefined, 'response-cache' as const),
        }),
        { maxLength: 40 },
      );
      await fc.assert(
        fc.asyncProperty(drawn, fc.nat(10), async (list, removedCount) => {
          const { recorder, views, remove } = await open();
          const first = new Map<number, CallRecord>();
          for (const { number, bill, model, purpose, ...own } of list) {
            const call = aCall(number, {
              ...own,
              requestedModel: asId<ModelId>(model),
              billNanoUsd: bill === undefined ? undefined : toNanoUsd(bill),
              ...(purpose === undefined ? {} : { purpose }),
            });
            recorder.writeCall(call);
            if (!first.has(number)) first.set(number, call);
          }
          await recorder.flush();
          const removed = [...first.keys()].slice(0, removedCount);
          await remove(removed.map((number) => `call-${number}`));
          for (const number of removed) first.delete(number);
          const left = [...first.values()].filter(({ purpose }) => purpose === undefined);
          const unknown = left.filter(
            ({ billNanoUsd, errorCode }) => billNanoUsd === undefined && errorCode === undefined,
          );
          const bill = left.reduce((sum, call) => sum + (call.billNanoUsd ?? 0), 0);
          expect(totalOf(await views.spend({}, 'UTC'))).toEqual([left.length, bill, unknown.length]);
          // The same from the calls themselves, which a search asks.
          expect(totalOf(await views.spend({ text: 'session' }, 'UTC'))).toEqual([left.length, bill, unknown.length]);
          const own = left.filter((call) => call.gateway?.key === 'ci');
          expect(totalOf(await views.spend({ key: 'ci' }, 'UTC'))[0]).toBe(own.length);
          // Of what is gone no row is left.
          if (left.length === 0) expect(await views.spend({}, 'UTC')).toEqual([]);
        }),
        { numRuns: runCount },
      );
    });

    test('are those of the days of a time zone, however many quarters of an hour these have', async () => {
      const { recorder, views } = await open();
      // In Nepal the day begins at a quarter past six of the day before, as Greenwich counts.
      const times = [0, 6 * 60 + 14, 6 * 60 + 16, 12 * 60, 16 * 60];
      times.forEach((minutes, index) => {
        recorder.writeCall(
          aCall(index, { startedAt: NOON + minutes * MINUTE_MS, billNanoUsd: toNanoUsd(10 ** index) }),
        );
      });
      await recorder.flush();
      for (const filter of [{}, { text: 'session' }]) {
        const byDay = async (zone: string): Promise<unknown> =>
          Object.fromEntries((await views.spend(filter, zone)).map(({ day, billNanoUsd }) => [day, billNanoUsd]));
        expect(await byDay('UTC')).toEqual({ '2026-11-20': 111, '2026-11-21': 11_000 });
        expect(await byDay('Asia/Kathmandu')).toEqual({ '2026-11-20': 11, '2026-11-21': 11_100 });
        expect(await byDay('America/New_York')).toEqual({ '2026-11-20': 11_111 });
      }
    });
  });

  describe('what is looked up', () => {
    test('calls come a page at a time, and those since the last look', async () => {
      const { recorder, views } = await open();
      for (let number = 1; number <= 5; number += 1) recorder.writeCall(aCall(number));
      await recorder.flush();
      const first = await views.calls({}, { limit: 2 });
      expect(first.map(({ call }) => call.callId)).toEqual(['call-5', 'call-4']);
      const second = await views.calls({}, { limit: 9, beforeSeq: first.at(-1)?.seq ?? 0 });
      expect(second.map(({ call }) => call.callId)).toEqual(['call-3', 'call-2', 'call-1']);
      expect(await views.calls({}, { limit: 9, afterSeq: first[0]?.seq ?? 0 })).toEqual([]);
      expect(await views.calls({ sinceAt: NOON + 4 * MINUTE_MS }, { limit: 9 })).toHaveLength(2);
      expect(await views.calls({ harness: 'claude-code' }, { limit: 9 })).toEqual([]);
      expect(await views.calls({ text: 'CODEX' }, { limit: 9 })).toHaveLength(5);
    });

    test('a page of few among many has all of them, wherever they lie', async () => {
      const { recorder, views } = await open();
      for (const call of manyCalls(4500, NOON)) recorder.writeCall(call);
      await recorder.flush();
      const all: PagedCall[] = [];
      for (let page = await views.calls({}, { limit: 1000 }); page.length > 0;) {
        all.push(...page);
        page = await views.calls({}, { limit: 1000, beforeSeq: page.at(-1)?.seq ?? 0 });
      }
      expect(all).toHaveLength(4500);
      const seqs = (calls: readonly PagedCall[]): readonly number[] => calls.map(({ seq }) => seq);
      const oldest = all.filter(({ call }) => call.sessionId === 'session-3');
      expect(seqs(await views.calls({ text: 'session-3' }, { limit: 20, beforeSeq: 200 }))).toEqual(
        seqs(oldest).slice(0, 20),
      );
      const ofKey = all.filter(({ call }) => call.gateway?.key === 'ci' && call.errorCode !== undefined);
      const filter = { key: 'ci', text: 'unavailable' };
      expect(ofKey.length).toBeGreaterThan(5);
      expect(seqs(await views.calls(filter, { limit: 500 }))).toEqual(seqs(ofKey));
      const after = seqs(ofKey).at(-3) ?? 0;
      expect(seqs(await views.calls(filter, { limit: 500, afterSeq: after }))).toEqual(seqs(ofKey).slice(0, -3));
      expect(await views.calls({ key: 'nobody' }, { limit: 5 })).toEqual([]);
    });

    test('a session has the calls of its threads, and no other’s that begins alike', async () => {
      const { recorder, views } = await open();
      const names = ['s1', 's1/agent', 's10', 's1-other'];
      names.forEach((name, index) => recorder.writeCall(aCall(index, { sessionId: asId<SessionId>(name) })));
      await recorder.flush();
      const found = await views.callsOf('s1', 9);
      expect(found.map(({ call }) => call.sessionId)).toEqual(['s1', 's1/agent']);
      expect(await views.callsOf('s1', 9, NOON + MINUTE_MS)).toMatchObject([{ call: { sessionId: 's1/agent' } }]);
      const rows = await views.sessions({}, { limit: 9, offset: 0 });
      expect(rows.map(({ sessionId, callCount }) => [sessionId, callCount])).toEqual([
        ['s1-other', 1],
        ['s10', 1],
        ['s1', 2],
      ]);
    });

    test('a job has its calls, its steps and the folder it worked in', async () => {
      const { recorder, views } = await open();
      recorder.writeJob(aJobRecord());
      recorder.writeStep(aStepRecord());
      recorder.writeCall(aCallRecord());
      await recorder.flush();
      const jobId = asId<JobId>('job-1');
      expect(await views.callsOf('job-1', 9)).toMatchObject([{ workspace: '/workspace' }]);
      expect(JSON.stringify(await views.stepsOf(jobId, 9))).toBe(JSON.stringify([aStepRecord()]));
      expect(JSON.stringify(await views.steps([aDecision().decisionId]))).toBe(JSON.stringify([aStepRecord()]));
      expect((await views.job(jobId))?.task).toBe('Mend the failing test');
    });

    test('a prompt that was sent again after a pause is a cold return; a warm one and a first one are none', async () => {
      const { recorder, views } = await open();
      const usage = (read: number, write: number): CallRecord['usage'] =>
        aUsage({ uncachedTokens: 0, cacheReadTokens: read, cacheWriteTokens: write });
      recorder.writeCall(aCall(0, { usage: usage(0, 50_000) }));
      recorder.writeCall(aCall(1, { usage: usage(50_000, 1000) }));
      recorder.writeCall(aCall(31, { usage: usage(0, 53_000) }));
      recorder.writeCall(aCall(61, { usage: usage(53_000, 10) }));
      await recorder.flush();
      expect(await views.coldReturns({}, 9)).toEqual([
        expect.objectContaining({ at: NOON + 31 * MINUTE_MS, pauseMs: 30 * MINUTE_MS, lostTokens: 51_000 }),
      ]);
    });

    test('a caller that left is no fault of its host', async () => {
      const { recorder, views } = await open();
      const codes = [undefined, 'aborted', 'provider-timeout'] as const;
      codes.forEach((errorCode, index) => recorder.writeCall(aCall(index, { errorCode })));
      await recorder.flush();
      expect(await views.hosts({ sinceAt: NOON - HOUR_MS })).toMatchObject([
        { callCount: 3, errorCount: 1, lastErrorCode: 'provider-timeout' },
      ]);
    });

    test('questions after the end are refused', async () => {
      const { views } = await open();
      await views.close();
      await expect(views.spend({}, 'UTC')).rejects.toMatchObject({ code: 'aborted' });
    });
  });
}
