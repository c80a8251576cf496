import type { Catalog } from '../../catalog/catalog.ts';
import type { PromptHead } from '../../domain/forecast.ts';
import type { CallId, JobId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { CallTrigger, Effort } from '../../domain/step.ts';
import type { At } from '../../domain/time.ts';
import { saidEffort, type Message } from '../../domain/transcript.ts';
import { foldWarmth } from '../../warmth/fold-warmth.ts';
import { EMPTY_LEDGER, type WarmthEvent, type WarmthLedger } from '../../warmth/ledger.ts';
import type { WarmthQuery } from '../../warmth/warmth-at.ts';
import type { CallEnd, CallEntry, CallSlot, JobJournal } from './job-journal.ts';
import { headOfChain } from './prompt-chain.ts';

/** All calls go to one account per endpoint; a second key would be a second cache. */
const ACCOUNT = 'default';

/** How warm a job's transcript is now, for a call on it that this trigger causes. */
export function warmthQuery(now: At, trigger: CallTrigger, transcript: string, effort?: Effort): WarmthQuery {
  return { now, trigger, transcript, account: ACCOUNT, effort, chain: undefined, reanchors: true };
}

/** By which effort the cache of a call is kept: one that is said in mid-conversation leaves the prefix as it was. */
export function cacheEffort(model: Model, messages: readonly Message[]): Effort | undefined {
  const said = model.effortPerMessage === true ? undefined : saidEffort(messages);
  return said === 'usual' ? undefined : said;
}

/**
 * The calls of one job while it runs: the journal's rows, with the sums and the ledger that follow from them. Nothing else
 * keeps what was spent or what is warm.
 */
export interface CallLog {
  readonly entries: () => readonly CallEntry[];
  readonly ledger: () => WarmthLedger;
  /** Each finished call once; calls whose bill is unknown are not in it. */
  readonly spentNanoUsd: () => NanoUsd;
  /** What calls under way are expected to bill: what parallel steps may not spend twice. */
  readonly reservedNanoUsd: () => NanoUsd;
  readonly answered: (slot: CallSlot) => CallEntry | undefined;
  /**
   * Sets the expected bill aside at once, before anything is written.
   * @throws PointsmanError `record-unwritable`
   */
  readonly begin: (call: Omit<CallEntry, 'callId' | 'end'>, expected: NanoUsd) => Promise<CallId>;
  /** Durable when it resolves; the bill takes the place of what was set aside. @throws PointsmanError `record-unwritable` */
  readonly end: (callId: CallId, end: CallEnd) => Promise<void>;
}

export async function openCallLog(journal: JobJournal, catalog: Catalog, jobId: JobId): Promise<CallLog> {
  const entries = new Map<CallId, CallEntry>();
  const reserved = new Map<object, NanoUsd>();
  const begun = new Map<CallId, object>();
  let ledger: WarmthLedger = EMPTY_LEDGER;
  let spent = toNanoUsd(0);
  const count = (entry: CallEntry): void => {
    entries.set(entry.callId, entry);
    if (entry.end === undefined) return;
    spent = sumNanoUsd([spent, entry.end.billNanoUsd ?? toNanoUsd(0)]);
    const event = toWarmthEvent(entry, catalog);
    if (event !== undefined) ledger = foldWarmth(ledger, event);
  };
  for (const entry of await journal.calls(jobId)) count(entry);
  return {
    entries: () => [...entries.values()],
    ledger: () => ledger,
    spentNanoUsd: () => spent,
    reservedNanoUsd: () => sumNanoUsd(reserved.values()),
    answered: (slot) => [...entries.values()].find((entry) => entry.end?.kind === 'answered' && isIn(entry, slot)),
    begin: async (call, expected) => {
      reserved.set(call, expected);
      try {
        const callId = await journal.beginCall(call);
        entries.set(callId, { ...call, callId, end: undefined });
        begun.set(callId, call);
        return callId;
      } catch (thrown) {
        reserved.delete(call);
        throw thrown;
      }
    },
    end: async (callId, end) => {
      try {
        await journal.endCall(callId, end);
      } finally {
        reserved.delete(begun.get(callId) ?? {});
      }
      const entry = entries.get(callId);
      if (entry !== undefined) count({ ...entry, end });
    },
  };
}

function isIn(entry: CallEntry, slot: CallSlot): boolean {
  return (
    entry.stepId === slot.stepId &&
    entry.attempt === slot.attempt &&
    entry.callIndex === slot.callIndex &&
    (entry.purpose === undefined || entry.purpose === 'advice')
  );
}

function toWarmthEvent(entry: CallEntry, catalog: Catalog): WarmthEvent | undefined {
  const model = catalog.get(entry.model);
  if (
    model === undefined ||
    entry.end?.kind !== 'answered' ||
    entry.purpose === 'reader' ||
    entry.purpose === 'harness'
  )
    return undefined;
  const base = { model, account: ACCOUNT, effort: entry.effort, transcript: entry.thread };
  if (entry.purpose === 'keep-alive') {
    return { type: 'keep-alive', ...base, at: entry.startedAt, usage: entry.end.usage };
  }
  return {
    type: 'call-finished',
    ...base,
    trigger: entry.trigger,
    startedAt: entry.startedAt,
    readableAt: entry.startedAt + entry.end.result.ttftMs,
    usage: entry.end.usage,
    promptTokens: entry.expectedPromptTokens,
    chain: entry.chain,
    longWrite: entry.longWrite === true,
    ...headOf(entry, model),
  };
}

function headOf({ chain, headBlockCount }: CallEntry, model: Model): { readonly head?: PromptHead } {
  const head = headBlockCount === undefined ? undefined : headOfChain(chain, headBlockCount);
  return head === undefined ? {} : { head: { ...head, tokens: Math.ceil(head.tokens * model.tokenRatio) } };
}
