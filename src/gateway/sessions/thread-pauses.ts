import type { FinishReason } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
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
  readonly last: { readonly at: At; readonly model: Model; readonly waitFor: WaitFor } | undefined;
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
}

/** The pauses of a transcript after one more call of it has been answered. */
export function withCall({ own, hasPaused, callCount, last }: ThreadPauses, call: FinishedCall): ThreadPauses {
  const gapMs = last === undefined ? undefined : call.at - last.at;
  const ttlMs = call.model.cacheRule.kind === 'none' ? Infinity : call.model.cacheRule.ttlMs;
  return {
    own: last === undefined || gapMs === undefined ? own : observeReturn(own, last.waitFor, gapMs),
    hasPaused: hasPaused || (gapMs !== undefined && gapMs > ttlMs),
    callCount: callCount + 1,
    last: { at: call.at, model: call.model, waitFor: waitOf(call) },
  };
}

function waitOf({ finishReason, isSubAgent }: FinishedCall): WaitFor {
  if (isSubAgent) return 'sub-agent';
  if (finishReason === 'tool-calls') return 'tool';
  return finishReason === 'stop' ? 'person' : 'unknown';
}

/** What is known of the pause that has just begun, for a prompt of so many tokens. */
export function contextOf({ hasPaused, callCount, last }: ThreadPauses, tokens: number): PauseContext {
  return { waitFor: last?.waitFor ?? 'unknown', hasPaused, callCount, promptTokens: tokens };
}

/** A call that read after its vendor's time to live what it had left there: pings had kept that. */
export function withRead(
  pings: SessionPings,
  { last }: ThreadPauses,
  call: { readonly model: Model; readonly usage: Usage; readonly at: At },
): SessionPings {
  const { model, usage, at } = call;
  const rule = model.cacheRule;
  const read = usage.cacheReadTokens ?? 0;
  if (pings.pingedNanoUsd === 0 || read === 0 || rule.kind === 'none' || last?.model.id !== model.id) return pings;
  if (at - last.at <= rule.ttlMs) return pings;
  const saved = rewriteNanoUsd(model, { heldTokens: read, promptTokens: promptTokens(usage) }, at);
  return { ...pings, savedNanoUsd: toNanoUsd(pings.savedNanoUsd + saved) };
}
