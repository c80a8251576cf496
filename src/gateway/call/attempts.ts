// One file: the tries of one call, whose order is the point.

import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { EndpointId } from '../../domain/ids.ts';
import { isSameModel, type Model } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { Ms, Ratio } from '../../domain/time.ts';
import { mayHaveBilled } from '../../providers/may-have-billed.ts';
import { refusesThinking } from '../../wires/shared/errors/thinking-refusal.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { FailedModel, UpstreamAttempt, RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { RouteCandidate } from '../route/route-call.ts';
import { addToSession } from '../sessions/session-store.ts';
import {
  countsAgainstHealth,
  isUnknownThere,
  mayGoElsewhere,
  wasReached,
  type UpstreamFailure,
} from '../upstream/failure.ts';
import { isOverflow, keyRefused } from '../upstream/upstream-error.ts';
import {
  areAllAtLimit,
  freeFirst,
  isHostAtLimit,
  isOneOfHosts,
  noteLimits,
  waitForTurn,
  withNearestTurn,
} from './key-limits.ts';
import { leastBadFirst } from './least-bad.ts';
import { prepareOutbound, type Outbound } from './outbound.ts';
import { reserveForCall, unknownBill, type MoneyHold } from './reserve-money.ts';
import { pause, pauseBeforeRetry } from './retry-pause.ts';
import { sendOnce, type FailedSending } from './send-once.ts';
import type { AttemptResult, UpstreamEnd } from './upstream-end.ts';
import { waitForHead } from './wait-for-head.ts';

/** What the tries of one call that were cut may have billed together. */
interface LostTries {
  nanoUsd: NanoUsd | undefined;
}

/**
 * Sends a call: retries on one endpoint with the vendor's own hints, then the next candidate of the decision, until a
 * 2xx head arrives. Nothing has gone to the caller before that, so nothing is ever sent twice to it. A weaker stand-in
 * needs the user's consent in the settings. A circuit steers calls to others that are well; where there are none it keeps
 * nobody from trying, once each. Never throws.
 */
export async function attemptCall(core: GatewayCore, call: RoutedCall): Promise<AttemptResult> {
  const lost: LostTries = { nanoUsd: undefined };
  if (areAllAtLimit(core, call)) await waitForTurn(core, call);
  let end = await tryOrPanic(core, call, lost);
  for (let again = 0; again < core.deps.settings.maxRetries && isHostAtLimit(call, end); again++) {
    if (!(await waitForTurn(core, call))) break;
    core.metrics.count('pointsman_retries_total', { endpoint: '' });
    end = await tryOrPanic(core, call, lost);
  }
  return { ...withNearestTurn(core, call, end), mayHaveBilledNanoUsd: lost.nanoUsd };
}

async function tryOrPanic(core: GatewayCore, call: RoutedCall, lost: LostTries): Promise<UpstreamEnd> {
  const end = (await tryInTurn(core, call, lost, false)) ?? (await tryInTurn(core, call, lost, true));
  return end ?? { kind: 'failed', attempt: undefined, error: noneHealthy(call) };
}

/** `undefined`: every circuit on the way was open. */
async function tryInTurn(
  core: GatewayCore,
  call: RoutedCall,
  lost: LostTries,
  isPanic: boolean,
): Promise<UpstreamEnd | undefined> {
  const { settings } = core.deps;
  const fallbackFrom: FailedModel[] = [];
  let last: UpstreamEnd | undefined;
  let needsTokens = 0;
  const refusing = new Set<EndpointId>();
  const mayStandIn = ({ model, isWeaker }: RouteCandidate): boolean =>
    (!isWeaker || settings.allowWeakerFallback) && model.contextTokens > needsTokens && !refusing.has(model.endpoint);
  const candidates = inOrder(core, call, isPanic);
  for (const [index, candidate] of candidates.entries()) {
    if (fallbackFrom.length > 0 && candidate.isWeaker && !settings.allowWeakerFallback) continue;
    if (candidate.model.contextTokens <= needsTokens || refusing.has(candidate.model.endpoint)) continue;
    const others = candidates
      .slice(index + 1)
      .filter((other) => mayStandIn(other) && isElsewhereAndWell(core, other.model, candidate.model));
    const hasOtherHost = isOneOfHosts(call, candidate.model);
    const firstByteMs = firstByteLimit(core, call, candidate.model, others);
    const result = await tryCandidate(core, call, {
      candidate,
      fallbackFrom,
      lost,
      hasOther: others.length > 0,
      hasOtherHost,
      firstByteMs,
      isPanic,
    });
    if (result.kind === 'answered') {
      if (candidate !== call.routed.candidates[0]) moveToHost(call, candidate.model);
      return result.result;
    }
    // A key at its limit is worth waiting for, whatever another one fails with.
    if (!result.goOn || !isHostAtLimit(call, last)) last = result.result ?? last;
    if (result.result?.kind === 'refused' && result.result.status === 401) {
      // Its other models stand behind the same key.
      refusing.add(candidate.model.endpoint);
      const endpoint = core.endpointOf(candidate.model);
      if (endpoint?.apiKey !== undefined)
        core.deps.log.error('An endpoint refused its key', { error: keyRefused(endpoint) });
    }
    if (!result.goOn) break;
    if (result.isOverflow) needsTokens = Math.max(needsTokens, candidate.model.contextTokens);
    const expectedNanoUsd = result.result?.attempt?.forecast.billNanoUsd;
    fallbackFrom.push({ model: candidate.model, why: result.why, expectedNanoUsd });
  }
  return last;
}

function inOrder(core: GatewayCore, call: RoutedCall, isPanic: boolean): readonly RouteCandidate[] {
  const free = freeFirst(core, call.routed.candidates);
  return isPanic ? leastBadFirst(core, free) : free;
}

/**
 * How long a stream may take to begin: what its endpoint says, else a while where another host of the model could take it, but for
 * one that may be silent because its model thinks.
 */
function firstByteLimit(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  others: readonly RouteCandidate[],
): Ms | undefined {
  const queued = queueLimit(call, model);
  if (queued !== undefined) return queued;
  const said = core.endpointOf(model)?.firstByteMs;
  if (said !== undefined) return said;
  const thinksInSilence = model.efforts.length > 0 && !WIRE_FORMATS[model.wire].opensAtOnce;
  const hasOther = others.some((other) => isSameModel(other.model, model));
  return hasOther && !thinksInSilence ? core.deps.settings.firstByteMs : undefined;
}

/** Of a deadline, what is kept for the standard tier, should the one that makes calls wait not answer. */
const KEPT_RATIO: Ratio = 0.5;

/** How long a call may stand in the queue of a tier that makes it wait, so that another host can still make its deadline. */
function queueLimit({ deadlineMs, startedMs }: RoutedCall, { serviceTier }: Model): Ms | undefined {
  if (serviceTier === undefined || deadlineMs === undefined) return undefined;
  return Math.max(1, deadlineMs * (1 - KEPT_RATIO) - (performance.now() - startedMs));
}

/** What is warm now is at the host that answered: the step goes on there, until a decision weighs it anew. */
function moveToHost({ routed, place }: RoutedCall, model: Model): void {
  const { step, candidates } = routed;
  const [chosen] = candidates;
  if (chosen === undefined || !isSameModel(chosen.model, model)) return;
  if (place.thread.incumbent === step.model) place.thread.incumbent = model.id;
  const standIns = step.standIns.filter((one) => one.model !== model.id);
  step.standIns = [{ model: step.model, isWeaker: false }, ...standIns];
  step.model = model.id;
}

/** Whether a model is served by an endpoint of its own and not known to be ill there. */
function isElsewhereAndWell(core: GatewayCore, model: Model, than: Model): boolean {
  return model.endpoint !== than.endpoint && core.health.of(model).stateAt(core.monotonicMs()) === 'closed';
}

type Tried =
  | { readonly kind: 'answered'; readonly result: Extract<UpstreamEnd, { kind: 'answered' }> }
  | {
      readonly kind: 'gave-up';
      readonly result: UpstreamEnd | undefined;
      /** Another candidate may be tried. */
      readonly goOn: boolean;
      readonly isOverflow: boolean;
      readonly why: string;
    };

/** Nobody tells what a call that was cut before its head has billed; any other failure billed nothing. */
function settleLost(
  call: RoutedCall,
  sent: FailedSending,
  { attempt, hold, lost }: { readonly attempt: UpstreamAttempt; readonly hold: MoneyHold; readonly lost: LostTries },
): void {
  if (sent.status === undefined && mayHaveBilled(sent.error)) {
    const nanoUsd = unknownBill(call, attempt.model, attempt.forecast, 0);
    hold.settle({ kind: 'unknown', atLeastNanoUsd: nanoUsd });
    addToSession(call.place.session, nanoUsd);
    lost.nanoUsd = toNanoUsd((lost.nanoUsd ?? 0) + nanoUsd);
  }
  hold.release();
}

interface Try {
  readonly candidate: RouteCandidate;
  readonly fallbackFrom: UpstreamAttempt['fallbackFrom'];
  readonly lost: LostTries;
  /** Another endpoint that is well could take the call. */
  readonly hasOther: boolean;
  /** Its model has other hosts, which take the call as soon as this one's limit is reached. */
  readonly hasOtherHost: boolean;
  /** How long its stream may take to begin. `undefined`: as long as its endpoint may be silent. */
  readonly firstByteMs: Ms | undefined;
  /** No endpoint is well: this one is tried whatever its circuit says. */
  readonly isPanic: boolean;
}

async function tryCandidate(
  core: GatewayCore,
  call: RoutedCall,
  { candidate, fallbackFrom, lost, hasOther, hasOtherHost, firstByteMs, isPanic }: Try,
): Promise<Tried> {
  const { settings } = core.deps;
  const { model } = candidate;
  const health = core.health.of(model);
  let stripAll = false;
  for (let retryCount = 0; ; retryCount++) {
    const pass = health.tryAcquire(core.monotonicMs());
    if (pass === undefined && !isPanic) return gaveUp(undefined, true, 'circuit open');
    let outbound: Outbound;
    try {
      outbound = prepareOutbound(core, call, model, { stripAll });
    } catch (thrown) {
      health.released(pass);
      const error = toPointsmanError(thrown);
      const mayFit = error.code === 'not-found' || error.code === 'request-invalid';
      return gaveUp({ kind: 'failed', attempt: undefined, error }, mayFit, error.code);
    }
    const attempt: UpstreamAttempt = {
      candidate,
      model,
      pass,
      sentMs: performance.now(),
      forecast: outbound.forecast,
      isTranslated: outbound.decoder !== undefined,
      losses: outbound.losses,
      strippedThinkingCount: outbound.strippedThinkingCount,
      retryCount,
      fallbackFrom: [...fallbackFrom],
    };
    let hold: MoneyHold;
    try {
      hold = await reserveForCall(core, call, model, outbound.forecast);
    } catch (thrown) {
      health.released(pass);
      return gaveUp({ kind: 'failed', attempt: undefined, error: toPointsmanError(thrown) }, false, 'budget');
    }
    const head = await waitForHead(core, call, model, outbound);
    // A wait of ours is no slowness of the host.
    const sentMs = performance.now();
    const sent = await sendOnce(core, call, outbound, { firstByteMs, isQueued: model.serviceTier !== undefined });
    head.end(sent.kind === 'answered');
    noteLimits(core, model, sent);
    if (sent.kind === 'answered') {
      if (fallbackFrom.length > 0) core.metrics.count('pointsman_fallbacks_total', { endpoint: model.endpoint });
      return {
        kind: 'answered',
        result: { kind: 'answered', attempt: { ...attempt, sentMs }, outbound, answer: sent.answer, hold },
      };
    }
    settleLost(call, sent, { attempt, hold, lost });
    if (sent.failure === undefined) {
      health.released(pass);
      return gaveUp({ kind: 'failed', attempt, error: sent.error }, false, 'aborted');
    }
    const { failure } = sent;
    if (countsAgainstHealth(failure)) {
      health.failed(core.monotonicMs(), wasReached(failure), pass);
      core.meter.failed(model, core.monotonicMs());
    } else health.released(pass);
    const why = nameOf(failure);
    core.metrics.count('pointsman_upstream_failures_total', { endpoint: model.endpoint, kind: why });
    if (sent.status !== undefined && !stripAll && refusesThinking(sent.status, sent.body)) {
      stripAll = true;
      continue;
    }
    const result = endOf(attempt, sent);
    const overflow = result.kind === 'refused' && isOverflow(result.status, result.body);
    const waitMs = pauseBeforeRetry(failure, { retryCount, hasOther, hasOtherHost, settings });
    const isOpen = health.stateAt(core.monotonicMs()) === 'open';
    const mayGoOn = overflow || mayGoElsewhere(failure) || (hasOtherHost && isUnknownThere(failure));
    if (waitMs === undefined || isOpen) return gaveUp(result, mayGoOn, why, overflow);
    core.metrics.count('pointsman_retries_total', { endpoint: model.endpoint });
    if (!(await pause(waitMs, call.abort.signal))) {
      return gaveUp({ kind: 'failed', attempt, error: new PointsmanError('aborted', 'Aborted') }, false, 'aborted');
    }
  }
}

function endOf(attempt: UpstreamAttempt, { status, headers, body, error }: FailedSending): UpstreamEnd {
  if (status === undefined) return { kind: 'failed', attempt, error };
  return { kind: 'refused', attempt, status, headers, body };
}

function nameOf(failure: UpstreamFailure): string {
  return failure.kind === 'status' ? `status ${failure.status}` : failure.kind;
}

function gaveUp(result: UpstreamEnd | undefined, goOn: boolean, why: string, overflow = false): Tried {
  return { kind: 'gave-up', result, goOn, why, isOverflow: overflow };
}

function noneHealthy(call: RoutedCall): PointsmanError {
  return new PointsmanError('provider-unavailable', `No endpoint that may take this call is healthy right now.`, {
    retryable: true,
    details: { retryAfterMs: 5000, models: call.routed.candidates.map((candidate) => candidate.model.id) },
  });
}
