import { isPriced } from '../../catalog/bill.ts';
import { asServed } from '../../catalog/service-tiers.ts';
import type { PromptHead } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import type { Usage } from '../../domain/usage.ts';
import { foldWarmth } from '../../warmth/fold-warmth.ts';
import { premiumNanoUsd } from '../../warmth/hour-writes.ts';
import { memoryOwner, type UpstreamAttempt, type RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { readableTokens } from '../sessions/shared-heads.ts';
import { withCall, withHour, withRead } from '../sessions/thread-pauses.ts';
import type { AnswerOutcome } from './relay.ts';

/** Notes what an answered call has left in its vendor's cache, and when its transcript was gone on with. */
export function recordWarmth(
  core: GatewayCore,
  call: RoutedCall,
  attempt: UpstreamAttempt,
  outcome: AnswerOutcome,
): void {
  const { thread } = call.place;
  const { model } = attempt;
  const started = outcome.ttftMs !== undefined;
  if (!started) return;
  const { beside } = call.place;
  if (beside !== undefined) {
    // Its prompt began with the conversation's: what it read there is fresh again, what it added belongs to nobody.
    const key = { model, account: call.account, effort: call.effort };
    const read = { type: 'keep-alive', transcript: beside.name, at: call.startedAt, usage: outcome.usage } as const;
    beside.ledger = foldWarmth(beside.ledger, { ...key, ...read });
    return;
  }
  const owner = memoryOwner(call.principal);
  const head = sharedHead(core, call, model);
  const folded = foldWarmth(core.sharedHeads.all(owner, thread.ledger), {
    type: 'call-finished',
    model,
    account: call.account,
    effort: call.effort,
    transcript: thread.name,
    trigger: call.routed.step.trigger,
    startedAt: call.startedAt,
    // The first byte is counted from before the body was read: it is not later than now.
    readableAt: Math.min(core.deps.clock.now(), call.startedAt + (outcome.ttftMs ?? 0)),
    usage: outcome.usage,
    promptTokens: attempt.forecast.promptTokens,
    chain: undefined,
    longWrite: isForHour(outcome.usage),
    ...(head === undefined ? {} : { head }),
  });
  thread.ledger = core.sharedHeads.take(owner, folded);
  recordPause(call, attempt, outcome);
  const last = call.fingerprints.length - 1;
  const fingerprint = call.fingerprints[last];
  const isMarked = call.wire !== model.wire || call.format.isCached(call.body);
  if (fingerprint !== undefined && isMarked) thread.cachedAt.set(model.id, { messageIndex: last, fingerprint });
}

/** The head that a call has left where other transcripts can read it. */
function sharedHead(core: GatewayCore, { place, wire }: RoutedCall, model: Model): PromptHead | undefined {
  const { head } = place.thread;
  const endpoint = core.endpointOf(model);
  if (head === undefined || endpoint === undefined) return undefined;
  const tokens = readableTokens(head, { wire, model, dialect: core.dialectOf(endpoint) });
  return tokens === 0 ? undefined : { key: head.prompt.key, tokens };
}

/** Whether what a call wrote is kept for an hour, whoever asked for it. */
function isForHour(usage: Usage | undefined): boolean {
  return 2 * (usage?.cacheWrite1hTokens ?? 0) > (usage?.cacheWriteTokens ?? 0);
}

/** When the transcript was gone on with, and what pings and hours had kept for it by then. */
function recordPause(
  call: RoutedCall,
  { model, forecast }: UpstreamAttempt,
  { usage, finishReason, servedTier }: AnswerOutcome,
): void {
  const { session, thread } = call.place;
  const at = call.startedAt;
  const served = asServed(model, servedTier);
  // What is saved or paid where nobody states a price is at least that of the standard tier.
  const billed = isPriced(served.prices) ? served : model;
  if (usage !== undefined) session.pings = withRead(session.pings, thread.pauses, { model: billed, usage, at });
  let hourTokens = 0;
  if (forecast.writesHour === true && usage !== undefined) {
    session.pings = withHour(session.pings, premiumNanoUsd(billed, usage.cacheWrite1hTokens ?? 0, at));
    const { last } = thread.pauses;
    hourTokens = tokensKeptForHour(usage, last?.model.id === model.id ? last.hourTokens : 0);
  }
  thread.pauses = withCall(thread.pauses, { at, model, finishReason, isSubAgent: session.isSubAgent, hourTokens });
}

/**
 * What stays warm for an hour after a call, where `before` did before it: a vendor that does not say so has kept nothing for an
 * hour, and one that wrote nothing keeps on what it held.
 */
function tokensKeptForHour(usage: Usage, before: number): number {
  const isKept = (usage.cacheWriteTokens ?? 0) > 0 ? isForHour(usage) : before > 0;
  return isKept ? (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0) : 0;
}
