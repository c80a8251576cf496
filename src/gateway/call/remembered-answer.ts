import { toNanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { NO_USAGE } from '../../domain/usage.ts';
import { editJson } from '../../wires/shared/json-bytes.ts';
import type { LastUserText } from '../../wires/shared/wire-format.ts';
import { cacheKey, cacheMark, type CachedAnswer } from '../cache/response-cache.ts';
import { semanticQuestion, type SemanticHit, type SemanticQuestion } from '../cache/semantic-cache.ts';
import { memoryOwner, type UpstreamAttempt, type ReceivedCall, type RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { mayUse } from '../core/may-use.ts';
import type { CallerStream } from '../server/caller-stream.ts';
import type { AnswerOutcome } from './relay.ts';

/** Under what a call's answer is kept, and looked for. */
export interface CacheTicket {
  readonly key: string;
  /** Absent unless the policy opted in and the request ends in a person's words. */
  readonly semantic: SemanticQuestion | undefined;
}

/** `undefined`: the call may not be answered from memory. */
export function cacheTicket(core: GatewayCore, call: ReceivedCall, policy: RouterPolicy): CacheTicket | undefined {
  const { headers } = call.request;
  const mark = cacheMark(core.deps.settings.cache, headers, {
    body: call.body,
    brief: call.format.briefOf(call.body),
  });
  if (mark === 'none') return undefined;
  const { wire, principal, bytes } = call;
  // The address may hold the model, and how its streams are said.
  const path = call.pathname + call.search;
  const question = { tenant: memoryOwner(principal), policyId: policy.id, wire, path, headers };
  const key = cacheKey({ ...question, bytes });
  const last = mark === 'semantic' && policy.semanticCache === true ? call.format.lastUserText(call.body) : undefined;
  if (last === undefined) return { key, semantic: undefined };
  const rest = withoutText(bytes, last.path);
  if (rest === undefined) return { key, semantic: undefined };
  return { key, semantic: semanticQuestion(cacheKey({ ...question, bytes: rest }), last.text) };
}

const PLACE = '\u0001last words\u0001';
const PLACE_BYTES = Buffer.from(JSON.stringify(PLACE));

/** The body with a mark where the text stood; `undefined` where a duplicated key makes that two places. */
function withoutText(bytes: Buffer, path: LastUserText['path']): Buffer | undefined {
  const rest = editJson(bytes, [{ op: 'set', path, value: PLACE }]);
  return rest.indexOf(PLACE_BYTES) === rest.lastIndexOf(PLACE_BYTES) ? rest : undefined;
}

/** Answers a call from memory if it can. True: the caller has its answer. */
export async function answerFromMemory(
  core: GatewayCore,
  call: ReceivedCall,
  caller: CallerStream,
  ticket: CacheTicket,
): Promise<boolean> {
  const kept = (key: string): CachedAnswer | undefined => {
    const answer = core.cache.get(key, call.startedAt);
    // The list of an access key may have become shorter since.
    return answer !== undefined && mayUse(call.principal.key, { id: answer.model }) ? answer : undefined;
  };
  const exact = kept(ticket.key);
  if (exact !== undefined) {
    give(core, call, caller, { answer: exact, hit: undefined });
    return true;
  }
  if (ticket.semantic === undefined) return false;
  const hit = await core.semantic.find(ticket.semantic, (key) => kept(key) !== undefined);
  const answer = hit === undefined ? undefined : kept(hit.key);
  if (answer === undefined) return false;
  give(core, call, caller, { answer, hit });
  return true;
}

interface Given {
  readonly answer: CachedAnswer;
  /** `undefined`: the very same request. */
  readonly hit: SemanticHit | undefined;
}

function give(core: GatewayCore, call: ReceivedCall, caller: CallerStream, { answer, hit }: Given): void {
  caller.begin(200, {
    'content-type': answer.contentType,
    'content-length': String(answer.body.length),
    'request-id': call.requestId,
    'x-pointsman-model': answer.model,
    'x-pointsman-decision': answer.from.decisionId,
    'x-pointsman-cache':
      hit === undefined
        ? 'hit'
        : `semantic; similarity=${hit.similarityRatio.toFixed(4)}; false-hits<=${hit.threshold.falseHitRatio}`,
    'x-pointsman-billed-usd': '0.000',
  });
  caller.end(answer.body);
  core.metrics.count('pointsman_cache_hits_total', { kind: hit === undefined ? 'exact' : 'semantic' });
  const durationMs = performance.now() - call.startedMs;
  if (hit !== undefined) recordHit(core, call, { answer, hit }, durationMs);
  core.feed.publish(call.principal.tenant, () => ({
    at: call.startedAt,
    callId: call.callId,
    sessionId: answer.from.sessionId,
    stepId: answer.from.stepId,
    kind: answer.from.kind,
    decisionId: answer.from.decisionId,
    requestedModel: call.requestedModel,
    model: answer.model,
    endpoint: answer.from.endpoint,
    reason: hit === undefined ? 'same-request' : 'same-meaning',
    switchedFrom: undefined,
    fallbackFrom: [],
    status: 200,
    outcome: 'cached',
    durationMs,
    ttftMs: durationMs,
    promptTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
    billNanoUsd: 0,
    mayHaveBilledNanoUsd: undefined,
    predictedBillNanoUsd: 0,
    losses: [],
  }));
}

/** Stands with the call whose answer it gave, so that a wrong one can be traced: which, how alike, how often wrong. */
function recordHit(
  core: GatewayCore,
  call: ReceivedCall,
  { answer, hit }: Given & { readonly hit: SemanticHit },
  durationMs: number,
): void {
  const { from } = answer;
  const free = toNanoUsd(0);
  core.deps.recorder.writeCall({
    v: 1,
    callId: call.callId,
    jobId: undefined,
    sessionId: from.sessionId,
    stepId: from.stepId,
    attempt: 0,
    requestedModel: answer.model,
    servedModel: undefined,
    servedTier: undefined,
    endpoint: from.endpoint,
    mode: 'continue',
    startedAt: call.startedAt,
    durationMs,
    ttftMs: durationMs,
    usage: NO_USAGE,
    billNanoUsd: free,
    predictedBillNanoUsd: free,
    predictedCacheReadTokens: 0,
    finishReason: from.finishReason,
    errorCode: undefined,
    requestId: undefined,
    retryCount: 0,
    purpose: 'response-cache',
    gateway: {
      askedFor: call.requestedModel,
      wire: call.wire,
      decisionId: from.decisionId,
      losses: [],
      strippedThinkingCount: 0,
      fallbackFrom: [],
      weakerThanDecided: false,
      answeredFrom: {
        callId: from.callId,
        similarityRatio: hit.similarityRatio,
        minSimilarityRatio: hit.threshold.minSimilarityRatio,
        falseHitRatio: hit.threshold.falseHitRatio,
        encoderVersion: hit.encoderVersion,
      },
    },
  });
}

/** Keeps whole answers of a good end only: never an error, a cut stream or a refusal. */
export function rememberAnswer(
  core: GatewayCore,
  call: RoutedCall,
  attempt: UpstreamAttempt,
  ticket: CacheTicket,
  outcome: AnswerOutcome,
): void {
  const { finishReason, body } = outcome;
  const isWhole = finishReason === 'stop' || finishReason === 'tool-calls';
  if (outcome.error !== undefined || body === undefined || !isWhole) return;
  const { step } = call.routed;
  const answer: CachedAnswer = {
    contentType: call.isStream ? call.format.streamType : 'application/json',
    body,
    model: attempt.model.id,
    from: {
      callId: call.callId,
      sessionId: call.place.session.sessionId,
      stepId: step.stepId,
      decisionId: step.decisionId,
      kind: step.kind,
      endpoint: attempt.model.endpoint,
      finishReason,
    },
  };
  core.cache.put(ticket.key, answer, core.deps.clock.now());
  if (ticket.semantic !== undefined) core.semantic.note(ticket.semantic, ticket.key);
}
