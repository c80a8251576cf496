import { isPriced, knownBillNanoUsd, worstBillNanoUsd } from '../../catalog/bill.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../../domain/ids.ts';
import type { Prices } from '../../domain/model.ts';
import { ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { CHARS_PER_TOKEN } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import { mayHaveBilled } from '../../providers/may-have-billed.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { fieldsIn, numberIn, type Fields } from '../../wires/shared/fields.ts';
import { hasBudget, reportUnpriced } from '../call/named-model.ts';
import { allHeld, allSpent, reserveMoney, settleByRecord, type MoneyHold } from '../call/reserve-money.ts';
import { callLabels } from '../core/call-labels.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { harnessNameOf } from '../core/harness-name.ts';
import type { SideTarget } from './find-endpoint.ts';
import type { SideCall } from './side-call.ts';

/** What a request beside model calls may bill. */
export interface SideBill {
  /** `undefined`: nobody here knows them. */
  readonly prices: Prices | undefined;
  readonly expectedNanoUsd: NanoUsd | undefined;
  readonly hold: MoneyHold | undefined;
}

/** Of what belongs to no session: one line in sums by session. */
const SESSION = asId<SessionId>('beside');

/** Prices of the catalogue, else of the price list, for what is billed by tokens. */
async function sidePrices(
  { match, startedAt }: SideCall,
  { model, endpoint }: SideTarget,
): Promise<Prices | undefined> {
  if (match.route.bills !== 'tokens' || model === undefined) return undefined;
  if (isPriced(model.prices)) return model.prices;
  const { listedPrices } = await import('../../catalog/price-list.ts');
  return listedPrices(endpoint.id, model.wireModel, startedAt);
}

/**
 * Sets aside what the request may bill on its access key.
 * @throws PointsmanError `budget-exhausted`, `provider-rate-limited`; `no-eligible-model` where a budget applies and nobody knows the price
 */
export async function reserveSide(core: GatewayCore, call: SideCall, target: SideTarget): Promise<SideBill> {
  const { match, principal, startedAt, body } = call;
  if (match.route.bills === undefined) return { prices: undefined, expectedNanoUsd: undefined, hold: undefined };
  const prices = await sidePrices(call, target);
  if (prices === undefined) {
    if (hasBudget(core, principal)) {
      throw new PointsmanError(
        'no-eligible-model',
        `The price of ${match.route.path} is not known, and a budget applies.`,
        {
          hint: 'Use a key without a budget for it.',
        },
      );
    }
    reportUnpriced(core, { id: modelIdOf(target, match.route.path), endpoint: target.endpoint.id });
    return { prices, expectedNanoUsd: undefined, hold: undefined };
  }
  const bytes = body.kind === 'json' ? body.bytes.length : 0;
  const asked = body.kind === 'json' ? askedTokens(body.body) : 0;
  const usage = usageOf(Math.ceil(bytes / CHARS_PER_TOKEN), asked);
  const expectedNanoUsd = knownBillNanoUsd(prices, usage, startedAt);
  const worst = worstBillNanoUsd(prices, { promptTokens: bytes, outputTokens: asked }, startedAt);
  const payer = { principal, sessionId: SESSION, policy: NO_BUDGET };
  const answer = await reserveMoney(core, payer, {
    expectedNanoUsd: expectedNanoUsd ?? ZERO_USD,
    worstNanoUsd: worst,
    at: startedAt,
  });
  if ('kind' in answer) throw answer.kind === 'held' ? allHeld(answer) : allSpent(answer);
  return { prices, expectedNanoUsd, hold: answer };
}

/** Of the older completions, where none are named. OpenAI's API reference, read 2026-11. */
const DEFAULT_COMPLETION_TOKENS = 16;
/** More than any budget pays for, and still a count. */
const MOST_TOKENS = 1e9;

/** What a body asks to be written: completions for each of its prompts, of which a vendor may write more than it shows. */
function askedTokens({ max_tokens: limit, n, best_of: bestOf, prompt }: Fields): number {
  const atLeast = (value: unknown, least: number): number => Math.max(least, Math.ceil(numberIn(value) ?? least));
  const promptCount = Array.isArray(prompt) ? prompt.filter((one) => typeof one !== 'number').length : 1;
  const each = atLeast(limit, prompt === undefined ? 0 : DEFAULT_COMPLETION_TOKENS);
  return Math.min(each * Math.max(atLeast(n, 1), atLeast(bestOf, 1)) * Math.max(1, promptCount), MOST_TOKENS);
}

/** Sessions' budgets are those of model calls: what is beside them belongs to no session. */
const NO_BUDGET = { budget: { jobNanoUsd: undefined, stepNanoUsd: undefined } } as const;

const usageOf = (promptTokens: number, outputTokens: number): Usage => ({
  uncachedTokens: promptTokens,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  cacheWrite1hTokens: undefined,
  outputTokens,
  reasoningTokens: undefined,
});

/** Tokens as an answer beside model calls reports them: OpenAI's two spellings, and a sum alone where nothing is written. */
export function sideUsageIn(answer: Fields): Usage | undefined {
  const usage = fieldsIn(answer['usage']);
  const output = numberIn(usage['completion_tokens']) ?? numberIn(usage['output_tokens']) ?? 0;
  const prompt = numberIn(usage['prompt_tokens']) ?? numberIn(usage['input_tokens']) ?? numberIn(usage['total_tokens']);
  const isSound = [prompt, output].every((count) => count === undefined || (Number.isInteger(count) && count >= 0));
  return prompt === undefined || !isSound ? undefined : usageOf(prompt, output);
}

/** How a request beside model calls ended. */
export interface SideEnd {
  readonly status: number;
  readonly usage: Usage | undefined;
  readonly error: PointsmanError | undefined;
}

/** The bill where price and usage are known; `undefined`: unknown, or none. */
export function sideBillOf({ prices }: SideBill, usage: Usage | undefined, at: At): NanoUsd | undefined {
  return prices === undefined || usage === undefined ? undefined : knownBillNanoUsd(prices, usage, at);
}

/**
 * Settles what was set aside, and records the call. An answer without usage, and a call that was cut after it had gone out, count as
 * what was expected: unknown is not nothing. Never throws.
 */
export function finishSide(core: GatewayCore, call: SideCall, target: SideTarget, bill: SideBill, end: SideEnd): void {
  const billed = sideBillOf(bill, end.usage, call.startedAt);
  const isUnknown = billed === undefined && (end.error === undefined || mayHaveBilled(end.error));
  const unknown = isUnknown && bill.prices !== undefined ? (bill.expectedNanoUsd ?? ZERO_USD) : undefined;
  const record = recordOf(call, target, bill, { ...end, billed, unknown });
  if (bill.hold !== undefined) settleByRecord(bill.hold, record);
  const labels = callLabels(record, core.placeOf);
  core.metrics.count('pointsman_calls_total', { wire: 'beside', status: String(end.status), ...labels });
  if (billed !== undefined) core.metrics.count('pointsman_billed_nano_usd_total', labels, billed);
  core.deps.recorder.writeCall(record);
}

function recordOf(
  call: SideCall,
  target: SideTarget,
  { expectedNanoUsd }: SideBill,
  end: SideEnd & { readonly billed: NanoUsd | undefined; readonly unknown: NanoUsd | undefined },
): CallRecord {
  const { principal, match, request } = call;
  const harness = harnessNameOf(request.headers['user-agent']);
  return {
    v: 1,
    callId: call.callId,
    jobId: undefined,
    sessionId: SESSION,
    stepId: asId<StepId>(`beside${match.route.path}`),
    attempt: 0,
    requestedModel: modelIdOf(target, match.route.path),
    servedModel: target.wireModel,
    endpoint: target.endpoint.id,
    mode: 'isolate',
    startedAt: call.startedAt,
    durationMs: performance.now() - call.startedMs,
    ttftMs: undefined,
    usage: end.usage,
    billNanoUsd: end.billed,
    ...(end.unknown === undefined ? {} : { mayHaveBilledNanoUsd: end.unknown }),
    predictedBillNanoUsd: expectedNanoUsd,
    predictedCacheReadTokens: undefined,
    finishReason: undefined,
    errorCode: end.error?.code,
    requestId: undefined,
    retryCount: 0,
    purpose: 'beside',
    gateway: {
      askedFor: call.model ?? match.route.path,
      wire: match.route.wire,
      ...(principal.key === undefined ? {} : { key: principal.key.name }),
      ...(harness === undefined ? {} : { harness }),
      callerRequestId: call.requestId,
      decisionId: asId<DecisionId>('none'),
      losses: [],
      strippedThinkingCount: 0,
      fallbackFrom: [],
      weakerThanDecided: false,
    },
  };
}

/** The model, or where it went and what for. */
function modelIdOf({ model, endpoint, wireModel }: SideTarget, path: string): ModelId {
  return model?.id ?? asId<ModelId>(`${endpoint.id}/${wireModel ?? path.slice(1)}`);
}
