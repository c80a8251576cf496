import { usdFromNano, type NanoUsd } from '../../domain/money.ts';
import type { FailedModel, UpstreamAttempt, RoutedCall } from '../core/call-context.ts';

/** What every routed answer says about itself: which model ran, by which decision, why, and for how much. */
export function answerHeaders(call: RoutedCall, attempt: UpstreamAttempt): Record<string, string> {
  const { step } = call.routed;
  const headers: Record<string, string> = {
    'x-pointsman-model': attempt.model.id,
    'x-pointsman-decision': step.decisionId,
    // Where the page of this gateway shows it.
    'x-pointsman-page': `/#/decision/${step.decisionId}`,
    'x-pointsman-reason': step.reason,
    'x-pointsman-step': String(step.stepId),
    'x-pointsman-predicted-usd': usdText(attempt.forecast.billNanoUsd),
  };
  const [failed] = attempt.fallbackFrom;
  if (failed !== undefined) {
    headers['x-pointsman-fallback'] =
      `from=${failed.model.id}; why=${failed.why}; weaker=${attempt.candidate.isWeaker}; extra-usd=${extraText(failed, attempt)}`;
  }
  if (attempt.losses.length > 0) headers['x-pointsman-losses'] = attempt.losses.join(', ').slice(0, 1000);
  return headers;
}

export function billedHeader(bill: NanoUsd | undefined): Record<string, string> {
  return { 'x-pointsman-billed-usd': usdText(bill) };
}

/** What the stand-in is expected to bill beyond the model that failed; less than nothing where it is cheaper. */
function extraText({ expectedNanoUsd }: FailedModel, { forecast }: UpstreamAttempt): string {
  const { billNanoUsd } = forecast;
  if (expectedNanoUsd === undefined || billNanoUsd === undefined) return 'unknown';
  return (usdFromNano(billNanoUsd) - usdFromNano(expectedNanoUsd)).toFixed(9).replace(/0{1,6}$/u, '');
}

function usdText(amount: NanoUsd | undefined): string {
  if (amount === undefined) return 'unknown';
  return usdFromNano(amount)
    .toFixed(9)
    .replace(/0{1,6}$/u, '');
}
