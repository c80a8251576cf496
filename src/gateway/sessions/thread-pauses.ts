import type { FinishReason } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { At, Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import { observeReturn, type OwnReturns } from '../../warmth/return-hazard.ts';
import type { PauseContext, WaitFor } from '../../warmth/returns.ts';

/** What a transcript's pauses have been so far. Small, because thousands are kept. */
export interface ThreadPauses {
  readonly own: OwnReturns;
  readonly hasPaused: boolean;
  readonly callCount: number;
  /** Its newest call: when it began, on which model, what came after it. */
  readonly last:
    | {
        readonly at: At;
        readonly model: Model;
        readonly waitFor: WaitFor;
        /** What of its prompt we have had written for an hour, as its vendor says that it was. */
        readonly hourTokens: Tokens;
      }
    | undefined;
  /** The newest ping since, and how much of its prompt it left in the cache. */
  readonly ping?: { readonly at: At; readonly heldTokens: Tokens } | undefined;
}

export const NO_PAUSES: ThreadPauses = { own: {}, hasPaused: false, callCount: 0, last: undefined };

/** What a session's pings have come to. */
export interface SessionPings {
  readonly pingedNanoUsd: NanoUsd;
  /** What calls read that only pings had kept, at the price of writing it again. */
  readonly savedNanoUsd: NanoUsd;
}

export const NO_PINGS: SessionPings = { pingedNanoUsd: ZERO_USD, savedNanoUsd: ZERO_USD };

interface FinishedCall {
  readonly at: At;
  readonly model: Model;
  readonly finishReason: FinishReason | undefined;
  readonly isSubAgent: boolean;
  readonly hourTokens: Tokens;
}

/** The pauses of a transcript after one more call of it has been answered. */
export function withCall({ own, hasPaused, callCount, last }: ThreadPauses, call: FinishedCall): ThreadPauses {
  const gapMs = last === undefined ? undefined : call.at - last.at;
  const ttlMs = call.model.cacheRule.kind === 'none' ? Infinity : call.model.cacheRule.ttlMs;
  return {
    own: last === undefined || gapMs === undefined ? own : observeReturn(own, last.waitFor, gapMs),
    hasPaused: hasPaused || (gapMs !== undefined && gapMs > ttlMs),
    callCount: callCount + 1,
    last: { at: call.at, model: call.model, waitFor: waitOf(call), hourTokens: call.hourTokens },
  };
}

function waitOf({ finishReason, isSubAgent }: FinishedCall): WaitFor {
  if (isSubAgent) return 'sub-agent';
  if (finishReason === 'tool-calls') return 'tool';
  return finishReason === 'stop' ? 'person' : 'unknown';
}

/** The pauses of a transcript after a ping in its newest one; one whose usage nobody told has kept nothing that is known. */
export function withPing(
  pauses: ThreadPauses,
  { at, usage }: { readonly at: At; readonly usage: Usage | undefined },
): ThreadPauses {
  // A call that came meanwhile has ended the pause.
  if (pauses.last === undefined || at < pauses.last.at || usage === undefined) return pauses;
  const heldTokens = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  return { ...pauses, ping: { at, heldTokens } };
}

/** What is known of the pause that has just begun, for a prompt of so many tokens. */
export function contextOf({ hasPaused, callCount, last }: ThreadPauses, tokens: number): PauseContext {
  return { waitFor: last?.waitFor ?? 'unknown', hasPaused, callCount, promptTokens: tokens };
}

/** What pings and hours have come to once a call has written so much of its prompt for an hour. */
export function withHour(pings: SessionPings, premiumNanoUsd: NanoUsd): SessionPings {
  return { ...pings, pingedNanoUsd: toNanoUsd(pings.pingedNanoUsd + premiumNanoUsd) };
}

/**
 * A call that read what its transcript's newest call had left, after that would have expired and while a ping's renewal or the hour that
 * it was written for lasted. What else it may have read, such as a head that other sessions keep warm, neither has saved.
 */
export function withRead(
  pings: SessionPings,
  { last, ping }: ThreadPauses,
  call: { readonly model: Model; readonly usage: Usage; readonly at: At },
): SessionPings {
  const { model, usage, at } = call;
  const rule = model.cacheRule;
  if (rule.kind === 'none' || last?.model.id !== model.id || at - last.at <= rule.ttlMs) return pings;
  const pinged = ping !== undefined && at - ping.at <= rule.ttlMs ? ping.heldTokens : 0;
  const inHour = at - last.at <= (rule.longTtlMs ?? 0) ? last.hourTokens : 0;
  const read = Math.min(usage.cacheReadTokens ?? 0, Math.max(pinged, inHour));
  if (read === 0) return pings;
  const saved = rewriteNanoUsd(model, { heldTokens: read, promptTokens: promptTokens(usage) }, at);
  return { ...pings, savedNanoUsd: toNanoUsd(pings.savedNanoUsd + saved) };
}
