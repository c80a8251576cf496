import { expect, test } from 'vitest';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import { aCallEntry, aCallUsage, anAnswer } from '../../testing/internal/job-builders.ts';
import { aModel } from '../../testing/model-builders.ts';
import { pingNanoUsd, PING_OUTPUT_TOKENS } from '../../warmth/keep-alive.ts';
import { EMPTY_LEDGER } from '../../warmth/ledger.ts';
import type { CallEntry } from '../model/job-journal.ts';
import type { JobRun } from '../model/job-run.ts';
import type { StepCall } from '../model/step-call.ts';
import { whileKeepingWarm } from './keep-warm.ts';

const model = aModel();
const HELD = { heldTokens: 50_000, promptTokens: 50_000 };
const PING_USD = pingNanoUsd(model, HELD, PING_OUTPUT_TOKENS, 0);

function aCall(thread: string, entry: Partial<CallEntry> = {}): CallEntry {
  const end = anAnswer('Fine.', aCallUsage({ cacheWriteTokens: HELD.heldTokens, outputTokens: 0 }));
  return aCallEntry({ thread, stepId: thread as CallEntry['stepId'], model: model.id, startedAt: 0, end, ...entry });
}

/** A job whose threads have one call each, all waiting; no ping of it ever ends. Returns how many went out. */
async function pingsOf(threads: readonly string[], spent: NanoUsd, before: readonly CallEntry[] = []): Promise<number> {
  let pingCount = 0;
  let now = 0;
  const calls = threads.map((thread) => aCall(thread));
  const stepCall = (thread: string): StepCall =>
    ({
      thread,
      model,
      chain: { hashes: [1], tokens: [50_000] },
      system: '',
      tools: [],
      messages: [],
      messageEnds: [],
    }) as never;
  const done = new AbortController();
  const run = {
    policy: aPolicy({ keepAlive: true, pingOverheadRatio: 0.1 }),
    latestCalls: new Map(threads.map((thread) => [thread, stepCall(thread)])),
    signal: done.signal,
    entry: { jobId: 'job-1', sessionId: 'session-1', request: {} },
    emit: () => undefined,
    calls: {
      entries: () => [...calls, ...before],
      ledger: () => EMPTY_LEDGER,
      spentNanoUsd: () => spent,
      reservedNanoUsd: () => sumNanoUsd([]),
      answered: ({ thread }: StepCall) => calls.find((call) => call.thread === thread),
      begin: async () => Promise.resolve('ping'),
      end: async () => Promise.resolve(),
    },
    services: {
      clock: () => now,
      wait: async (ms: number, signal: AbortSignal) => {
        if (now === 0 || signal.aborted) await Promise.resolve();
        else await new Promise((resolve) => signal.addEventListener('abort', resolve));
        now = Math.max(now, ms);
      },
      ledger: { reserve: async () => Promise.resolve({ kind: 'reserved' }), settle: () => undefined },
      callModel: async (_model: unknown, _request: unknown, { signal }: { readonly signal: AbortSignal }) => {
        pingCount += 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new Error('stopped');
      },
    },
  } as unknown as JobRun;
  const looked = new Promise<void>((resolve) => setTimeout(resolve, 20));
  await Promise.allSettled(threads.map(async (thread) => whileKeepingWarm(run, thread, async () => looked)));
  return pingCount;
}

const allows = (count: number): NanoUsd => toNanoUsd(Math.ceil(PING_USD * (count / 0.1 + count)));

test('threads that fall due together share the bound: what is under way counts before it is in the journal', async () => {
  expect(await pingsOf(['a'], allows(1))).toBe(1);
  expect(await pingsOf(['a', 'b', 'c'], allows(1))).toBe(1);
  expect(await pingsOf(['a', 'b', 'c'], allows(3))).toBe(3);
});

test('a ping whose bill nobody told counts as what it may have billed, also where its process died under it', async () => {
  const ping = { purpose: 'keep-alive', expectedBillNanoUsd: PING_USD } as const;
  const died = aCall('a', { ...ping, end: undefined });
  const end = { ...anAnswer(''), usage: undefined, billNanoUsd: undefined };
  const untold = aCall('a', { ...ping, end: { ...end, record: { ...end.record, mayHaveBilledNanoUsd: PING_USD } } });
  for (const before of [died, untold]) {
    expect(await pingsOf(['a'], allows(1), [before])).toBe(0);
    expect(await pingsOf(['a'], toNanoUsd(2 * allows(1)), [before])).toBe(1);
  }
});
