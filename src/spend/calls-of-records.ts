import { isDearerTier } from '../catalog/service-tiers.ts';
import type { ListedCall } from '../recorder/listed-call.ts';
import type { SpentCall } from './spent-call.ts';

/** A call of a job or of the gateway; `undefined` for an answer that was given again, for which nobody paid. */
export function callOfRecord({ call, workspace }: ListedCall): SpentCall | undefined {
  if (call.purpose === 'response-cache') return undefined;
  const isJob = call.jobId !== undefined;
  return {
    source: isJob ? 'job' : 'gateway',
    at: call.startedAt,
    model: call.requestedModel,
    harness: isJob ? 'pointsman' : (call.gateway?.harness ?? 'gateway'),
    project: workspace,
    key: call.gateway?.key,
    sessionId: call.jobId ?? call.sessionId,
    requestId: call.gateway?.callerRequestId,
    ...(call.purpose === 'reader' ? { isReader: true as const } : {}),
    usage: call.usage,
    billNanoUsd: call.billNanoUsd,
    mayHaveBilledNanoUsd: call.mayHaveBilledNanoUsd,
    unpriced: unpricedOf(call),
  };
}

/** A call that failed before an answer billed nothing; one that was cut may have. */
function unpricedOf({
  billNanoUsd,
  errorCode,
  mayHaveBilledNanoUsd,
  usage,
  requestedModel,
  servedTier,
}: ListedCall['call']): readonly string[] {
  if (billNanoUsd !== undefined) return [];
  if (errorCode !== undefined && mayHaveBilledNanoUsd === undefined) return [];
  if (usage === undefined) return ['calls without a usage'];
  return [
    isDearerTier(servedTier) ? `price of ${requestedModel}, service tier ${servedTier}` : `price of ${requestedModel}`,
  ];
}
