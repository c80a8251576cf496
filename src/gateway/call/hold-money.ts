import { knownBillNanoUsd } from '../../catalog/bill.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import { numberIn } from '../../wires/shared/fields.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { CallForecast } from '../core/call-forecast.ts';
import type { GatewayCore } from '../core/gateway-core.ts';

/** Money of an access key that a call under way may still bill. */
export interface MoneyHold {
  /** Gives back what is held; what the call billed is booked before. More than once does nothing. */
  release(): void;
}

const NOTHING_HELD: MoneyHold = { release: () => undefined };
const COME_AGAIN_MS = 1000;

/**
 * Holds what one call may bill at worst, so that calls side by side cannot spend the same money. Where less is left
 * than that, a call goes out alone and holds the rest: it may end above the budget, by no more than its own error.
 * @throws PointsmanError `budget-exhausted`; `provider-rate-limited` where calls under way hold the rest and may give it back
 */
export function holdMoney(core: GatewayCore, call: RoutedCall, model: Model, forecast: CallForecast): MoneyHold {
  const { key } = call.principal;
  if (key?.budgetNanoUsd === undefined) return NOTHING_HELD;
  const held = core.heldByKey.get(key.id) ?? ZERO_USD;
  const left = key.budgetNanoUsd - (core.spentByKey.get(key.id) ?? 0) - held;
  const expected = forecast.billNanoUsd ?? 0;
  const wanted = Math.max(expected, worstBill(call, model, forecast) ?? left);
  if (left <= 0 || (held > 0 && wanted > left)) throw held > 0 ? allHeld() : allSpent();
  const amount = toNanoUsd(Math.min(left, wanted));
  return holdOf(core, key.id, amount);
}

/** Holds an amount until it is released. */
function holdOf(core: GatewayCore, keyId: string, amount: NanoUsd): MoneyHold {
  const add = (more: number): void => {
    core.heldByKey.set(keyId, toNanoUsd((core.heldByKey.get(keyId) ?? 0) + more));
  };
  add(amount);
  let isHeld = true;
  return {
    release() {
      if (isHeld) add(0 - amount);
      isHeld = false;
    },
  };
}

/** A cold prompt, and an answer as long as the caller or the model allows. `undefined`: the price is not known. */
function worstBill({ body, startedAt }: RoutedCall, model: Model, { promptTokens }: CallForecast): NanoUsd | undefined {
  const asked =
    numberIn(body['max_tokens']) ?? numberIn(body['max_completion_tokens']) ?? numberIn(body['max_output_tokens']);
  const outputTokens = Math.max(0, Math.ceil(Math.min(asked ?? model.maxOutputTokens, model.maxOutputTokens)));
  const rest = { cacheReadTokens: 0, cacheWrite1hTokens: undefined, outputTokens, reasoningTokens: undefined };
  const plain = { ...rest, uncachedTokens: promptTokens, cacheWriteTokens: 0 };
  const written = { ...rest, uncachedTokens: 0, cacheWriteTokens: promptTokens };
  const bills = [plain, written].map((usage) => knownBillNanoUsd(model.prices, usage, startedAt));
  return bills[0] === undefined ? undefined : toNanoUsd(Math.max(bills[0], bills[1] ?? 0));
}

export function allSpent(): PointsmanError {
  return new PointsmanError('budget-exhausted', 'The budget of this access key is spent.', {
    hint: 'Ask whoever runs the gateway for a higher budget.',
  });
}

function allHeld(): PointsmanError {
  return new PointsmanError('provider-rate-limited', 'Calls under way hold what is left of this access key’s budget.', {
    retryable: true,
    details: { retryAfterMs: COME_AGAIN_MS },
  });
}
