import { isOnOurAccount } from '../../config/config.ts';
import type { Model } from '../../domain/model.ts';
import { ZERO_USD } from '../../domain/money.ts';
import { promptTokens } from '../../domain/usage.ts';
import { keepAlivePlan, PING_OUTPUT_TOKENS, ttlOf, type WriteClass } from '../../warmth/keep-alive.ts';
import { findEntry, longestReadable } from '../../warmth/ledger.ts';
import { PING_OVERHEAD_RATIO, pausePlan } from '../../warmth/pause-plan.ts';
import { returnHazard } from '../../warmth/return-hazard.ts';
import { shippedReturns } from '../../warmth/shipped-returns.ts';
import { ByteRope, ownCopy } from '../../wires/shared/body/byte-rope.ts';
import type { RoutedCall } from '../core/call-context.ts';
import { harnessNameOf } from '../core/harness-name.ts';
import type { KeptPrefix } from '../core/kept-prefix.ts';
import { contextOf } from '../sessions/thread-pauses.ts';
import { pricedAtAskedTier } from './asked-tier.ts';
import type { Outbound } from './outbound.ts';
import type { AnswerOutcome } from './relay.ts';

/** A one-hour marker of any body that we wrote; quotes inside texts are escaped, so that only a value can be this. */
const LONG_CLASS = '"1h"';
/** Names one request; another one under the same name would be refused or answered from memory. */
const ONCE_ONLY: ReadonlySet<string> = new Set(['idempotency-key', 'x-idempotency-key']);

/**
 * What pings may keep of a finished call. `undefined`: nothing is cached, no return is likely enough to be worth one, its vendor's reads do not renew, its caller
 * had a part of it written for an hour or asked for a tier whose price nobody states, or the call did not go out on a key of ours:
 * another's is never spent on pings.
 */
export function keptPrefixOf(
  call: RoutedCall,
  outbound: Outbound,
  model: Model,
  { usage, error }: AnswerOutcome,
): KeptPrefix | undefined {
  const rule = model.cacheRule;
  const billedAs = pingedAs(call, model);
  if (billedAs === undefined || rule.kind === 'none' || usage === undefined) return undefined;
  // A caller who stopped an answer has read it, and will have more to say.
  if (error !== undefined && error.code !== 'aborted') return undefined;
  const writeClass = classOf(call, outbound);
  if (writeClass === undefined || !isOnOurAccount(outbound.endpoint)) return undefined;
  const ttlMs = ttlOf(rule, writeClass);
  const { place, account, effort } = call;
  const key = { endpoint: model.endpoint, account, model: model.id, effort };
  const entry = findEntry(place.thread.ledger, key, place.thread.name);
  const at = call.startedAt;
  // The mark of this very call is readable from its first byte on; what counts here is that it lives.
  const mark = entry && longestReadable(entry, model, { at: at + ttlMs, chain: undefined, reanchors: true });
  if (mark === undefined) return undefined;
  const prompt = promptTokens(usage);
  const held = { heldTokens: Math.min(mark.tokens, prompt), promptTokens: prompt };
  const { pauses } = place.thread;
  const hazard = returnHazard(shippedReturns(), contextOf(pauses, prompt), pauses.own);
  const plan = pausePlan(billedAs, held, { hazard, outputTokens: PING_OUTPUT_TOKENS, at, writeClass });
  if (plan === undefined) return undefined;
  const { step } = call.routed;
  return {
    place,
    principal: call.principal,
    account,
    effort,
    wire: call.wire,
    requestedModel: call.requestedModel,
    harness: harnessNameOf(call.request.headers['user-agent']),
    stepId: step.stepId,
    decisionId: step.decisionId,
    attempt: step.attempt,
    limitNanoUsd: call.policy.budget.jobNanoUsd,
    overheadRatio: call.policy.pingOverheadRatio ?? PING_OVERHEAD_RATIO,
    model,
    billedAs,
    endpoint: outbound.endpoint,
    path: outbound.path,
    target: { ...outbound.target, isStream: false },
    headers: headersOfPing(outbound.headers),
    body: ownBytes(outbound.body),
    ...held,
    plan,
    ttlMs,
    lastUsedAt: at,
    pingCount: 0,
    pingedNanoUsd: ZERO_USD,
  };
}

/** A model whose reads renew, at the prices of the tier that its pings ask for as the call did. */
function pingedAs(call: RoutedCall, model: Model): Model | undefined {
  return keepAlivePlan(model) === undefined ? undefined : pricedAtAskedTier(call, model);
}

/** How the prompt was written, whatever was asked for; `undefined`: its caller had a part of it written for an hour. */
function classOf(call: RoutedCall, { forecast, body, decoder }: Outbound): WriteClass | undefined {
  const { last } = call.place.thread.pauses;
  if (forecast.writesHour === true) return (last?.hourTokens ?? 0) > 0 ? '1h' : 'default';
  // Of bytes that were passed on it is known what they say: a long transcript is not searched.
  const asked = decoder === undefined ? call.format.asksForHour?.(call.body) : undefined;
  return (asked ?? body.toBuffer().includes(LONG_CLASS)) ? undefined : 'default';
}

function headersOfPing(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => !ONCE_ONLY.has(name));
  return { ...Object.fromEntries(kept), accept: 'application/json' };
}

/** Bytes that hold nothing but themselves: a small body may be a slice of what its socket read. */
function ownBytes(body: ByteRope): ByteRope {
  const pieces = body.toPieces();
  return new ByteRope(
    pieces.map((piece) => (piece.buffer.byteLength > 2 * piece.length ? ownCopy(piece, 0, piece.length) : piece)),
  );
}
