import { knownBillNanoUsd, worstBillNanoUsd } from '../../catalog/bill.ts';
import { dearestServed } from '../../catalog/service-tiers.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { SessionId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { formatUsd, toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { Tokens } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import {
  accountOf,
  hasLimits,
  settlementOf,
  type LedgerAnswer,
  type Ask,
  type Charge,
  type Settlement,
} from '../../money/ledger.ts';
import { PERIODS } from '../../money/period.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { fieldsIn, numberIn, type Fields } from '../../wires/shared/fields.ts';
import { chargesOfKey } from '../core/access-keys.ts';
import { inBackground } from '../core/background.ts';
import type { Principal, RoutedCall } from '../core/call-context.ts';
import type { CallForecast } from '../core/call-forecast.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { atAskedTier } from './asked-tier.ts';

/** Money that a call or ping under way may still bill. Settled or released once; after that it does nothing. */
export interface MoneyHold {
  /** The call has said this much so far: what it bills at least. */
  progress(atLeastNanoUsd: NanoUsd): void;
  settle(settlement: Settlement): void;
  release(): void;
}

/** Settles a hold by what the call's record says that it billed, or may have billed. */
export function settleByRecord(
  hold: MoneyHold,
  record: Pick<CallRecord, 'billNanoUsd' | 'mayHaveBilledNanoUsd'>,
): void {
  const settlement = settlementOf(record);
  if (settlement === undefined) hold.release();
  else hold.settle(settlement);
}

/** Who pays for a call of a session. */
export interface Payer {
  readonly principal: Principal;
  readonly sessionId: SessionId;
  readonly policy: Pick<RouterPolicy, 'budget'>;
}

const NOTHING_HELD: MoneyHold = { progress: () => undefined, settle: () => undefined, release: () => undefined };
const COME_AGAIN_MS = 1000;

/** The access key and its places, counted whether it has a limit or not, and the session where its policy sets one. */
function chargesOf({ deps }: GatewayCore, { principal, sessionId, policy }: Payer): readonly Charge[] {
  const { key } = principal;
  const { jobNanoUsd } = policy.budget;
  return [
    ...(key === undefined ? [] : chargesOfKey(key, deps.teams)),
    ...(jobNanoUsd === undefined
      ? []
      : [{ account: accountOf('session', `${principal.tenant}/${sessionId}`), limits: { total: jobNanoUsd } }]),
  ];
}

function isCharged({ principal, policy }: Payer): boolean {
  return principal.key !== undefined || policy.budget.jobNanoUsd !== undefined;
}

/**
 * Sets aside what a call may bill. Where nothing limits its accounts it is only counted, and nobody waits for that.
 * @throws PointsmanError `record-unwritable` when there is a limit and nobody can tell what is left of it
 */
export async function reserveMoney(
  core: GatewayCore,
  payer: Payer,
  ask: Omit<Ask, 'charges' | 'id'>,
): Promise<MoneyHold | Exclude<LedgerAnswer, { kind: 'reserved' }>> {
  if (!isCharged(payer)) return NOTHING_HELD;
  const charges = chargesOf(core, payer);
  const id = core.newId('hold');
  const { ledger } = core.deps;
  const answered = ledger.reserve({ ...ask, id, charges });
  if (charges.some(({ limits }) => hasLimits(limits))) {
    const answer = await answered;
    if (answer.kind !== 'reserved') return answer;
  } else inBackground(core.deps.log, 'Counting what a call may bill', async () => void (await answered));
  let isOpen = true;
  const once = (act: () => void): void => {
    if (isOpen) act();
    isOpen = false;
  };
  return {
    progress: (atLeastNanoUsd) => {
      if (isOpen) ledger.progress(id, atLeastNanoUsd);
    },
    settle: (settlement) => once(() => ledger.settle(id, settlement)),
    release: () => once(() => ledger.release(id)),
  };
}

/** @throws PointsmanError `budget-exhausted`; `provider-rate-limited` where calls under way hold the rest */
export async function reserveForCall(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  forecast: CallForecast,
): Promise<MoneyHold> {
  const payer = { principal: call.principal, sessionId: call.place.session.sessionId, policy: call.policy };
  // What a call may bill at most takes a look at all that it says; most calls are nobody's to count.
  if (!isCharged(payer)) return NOTHING_HELD;
  const answer = await reserveMoney(core, payer, {
    expectedNanoUsd: forecast.billNanoUsd ?? ZERO_USD,
    worstNanoUsd: worstBill(call, model, forecast),
    at: call.startedAt,
  });
  if (!('kind' in answer)) return answer;
  throw answer.kind === 'held' ? allHeld(answer) : allSpent(answer);
}

/** Of Chat, which bills each of the answers that are asked for. OpenAI API reference, read 2026-11. */
const MAX_ANSWERS = 128;

/** A cold prompt, and answers as long as the caller or the model allows. `undefined`: the price is not known. */
function worstBill(call: RoutedCall, model: Model, { usage }: CallForecast): NanoUsd | undefined {
  const outputTokens = mostAnswerTokens(call, model);
  const { prices } = atAskedTier(call, dearestServed(model));
  return worstBillNanoUsd(prices, { promptTokens: promptTokens(usage), outputTokens }, call.startedAt);
}

/** The most that all answers to a call may have together, by what its caller and its model allow. */
export function mostAnswerTokens(call: Pick<RoutedCall, 'format' | 'body'>, model: Model): Tokens {
  const ofOne = Math.ceil(Math.min(longestAsked(call) ?? model.maxOutputTokens, model.maxOutputTokens));
  return ofOne * answersAsked(call.body);
}

/** Which of several limits a vendor obeys is its own affair, and what one makes of a limit that is none: so the largest counts. */
function longestAsked({ format, body }: Pick<RoutedCall, 'format' | 'body'>): number | undefined {
  const said = format.limitFields.flatMap((field) => numberIn(body[field]) ?? []);
  return said.length === 0 || said.some((tokens) => tokens <= 0) ? undefined : Math.max(...said);
}

/** Chat and Google bill each of them. */
function answersAsked(body: Fields): number {
  const ofGoogle = [body['generationConfig'], body['generation_config']].map(fieldsIn);
  const said = [body, ...ofGoogle].flatMap((fields) =>
    ['n', 'candidateCount', 'candidate_count'].map((field) => numberIn(fields[field]) ?? 1),
  );
  return Math.ceil(Math.min(Math.max(1, ...said), MAX_ANSWERS));
}

/**
 * Growth of an answer after which the ledger hears of it again, and how far ahead it is told: what a killed process had under way is
 * spent at that, and on a busy machine a vendor has said more than was seen of it. A call that ends books what was seen.
 */
const NOTED_GROWTH = 2;

/** Keeps the ledger informed of an answer that is longer than was expected, should this process be killed in it. */
export function noteProgress(
  hold: MoneyHold,
  call: Pick<RoutedCall, 'startedAt'>,
  model: Model,
  forecast: CallForecast,
): (seenTokens: number) => void {
  let noteFrom = forecast.usage.outputTokens;
  return (seenTokens) => {
    if (seenTokens <= noteFrom) return;
    noteFrom = seenTokens * NOTED_GROWTH;
    hold.progress(unknownBill(call, model, forecast, noteFrom));
  };
}

/** What a call may have cost of which nobody told the bill: as expected, or as what was seen of its answer. */
export function unknownBill(
  { startedAt }: Pick<RoutedCall, 'startedAt'>,
  model: Model,
  forecast: CallForecast,
  seenTokens: number,
): NanoUsd {
  const outputTokens = Math.max(forecast.usage.outputTokens, Math.ceil(seenTokens));
  const seen = knownBillNanoUsd(model.prices, { ...forecast.usage, outputTokens }, startedAt);
  return toNanoUsd(Math.max(forecast.billNanoUsd ?? 0, seen ?? 0));
}

/**
 * What an access key has left: the least over its limits and those of its places. `undefined`: it has none.
 * @throws PointsmanError `budget-exhausted`
 */
export async function keyLeft(core: GatewayCore, { key }: Principal, at: number): Promise<NanoUsd | undefined> {
  if (key === undefined) return undefined;
  const limited = chargesOfKey(key, core.deps.teams).filter(({ limits }) => hasLimits(limits));
  // Asked for in one turn they go to the store together.
  const standings = await Promise.all(limited.map(async ({ account }) => core.deps.ledger.standings(account, at)));
  let least: NanoUsd | undefined;
  for (const [index, { account, limits }] of limited.entries()) {
    for (const period of PERIODS) {
      const limit = limits[period];
      if (limit === undefined) continue;
      const left = toNanoUsd(Math.max(0, limit - (standings[index]?.[period].spentNanoUsd ?? 0)));
      if (left === 0) throw allSpent({ account, period, leftNanoUsd: left, renewsAt: undefined });
      if (least === undefined || left < least) least = left;
    }
  }
  return least;
}

/** For its caller, who knows its own place. */
function ownerOf(account: string): string {
  if (account.startsWith('key:')) return 'this access key';
  return account.startsWith('team:') ? `"${account.slice('team:'.length)}"` : 'this session';
}

export function allSpent({
  account,
  period,
  leftNanoUsd,
  renewsAt,
}: Omit<Extract<LedgerAnswer, { kind: 'spent' }>, 'kind' | 'neededNanoUsd'>): PointsmanError {
  const whose = ownerOf(account);
  const budget = period === 'total' ? `The budget of ${whose}` : `The budget of ${whose} for this ${period}`;
  const left = leftNanoUsd > 0 ? ` but for ${formatUsd(leftNanoUsd)}, which does not pay for this call` : '';
  return new PointsmanError('budget-exhausted', `${budget} is spent${left}.`, {
    hint: 'Ask whoever runs the gateway for a higher budget.',
    details: { period, ...(renewsAt === undefined ? {} : { renewsAt }) },
  });
}

/** Said to callers is when it is worth to come again: clients wait as long as they are told. */
export function allHeld({ freeInMs = 0 }: Pick<Extract<LedgerAnswer, { kind: 'held' }>, 'freeInMs'>): PointsmanError {
  return new PointsmanError('provider-rate-limited', 'Calls under way hold what is left of the budget.', {
    retryable: true,
    details: { retryAfterMs: Math.max(COME_AGAIN_MS, freeInMs) },
  });
}
