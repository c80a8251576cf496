import { knownBillNanoUsd } from '../catalog/bill.ts';
import { surchargeOf } from '../catalog/price-terms.ts';
import { sumNanoUsd } from '../domain/money.ts';
import type { RecordedModels } from '../replay/simulation/recorded-models.ts';
import type { CallTrace, SessionTrace } from '../sessions/session-trace.ts';
import type { SpentCall } from './spent-call.ts';

/** Prices every call of a recorded session. Calls that stand for an error of the client's own are none. */
export function callsOfLog(session: SessionTrace, models: RecordedModels): readonly SpentCall[] {
  return session.threads.flatMap((thread) => thread.calls.map((call) => spentCallOf(session, call, models)));
}

function spentCallOf(session: SessionTrace, call: CallTrace, models: RecordedModels): SpentCall {
  return {
    source: 'log',
    at: call.at ?? call.endedAt,
    model: (call.servedModel ?? call.requestedModel).trim(),
    harness: session.client,
    project: session.folder,
    key: undefined,
    sessionId: session.sessionId,
    requestId: call.requestId,
    usage: call.usage,
    mayHaveBilledNanoUsd: undefined,
    ...billOf(call, models),
  };
}

function billOf(call: CallTrace, models: RecordedModels): Pick<SpentCall, 'billNanoUsd' | 'unpriced'> {
  const name = call.servedModel ?? call.requestedModel;
  if (call.usage === undefined) return { billNanoUsd: undefined, unpriced: ['calls without a usage'] };
  const found = models.ofCall(call);
  const tokens = found && knownBillNanoUsd(found.model.prices, call.usage, call.at ?? 0);
  if (found === undefined || tokens === undefined) return { billNanoUsd: undefined, unpriced: [`price of ${name}`] };
  const { nanoUsd, unpriced } = surchargeOf(found.model.vendor, found.model.wireModel, tokens, call.terms);
  return { billNanoUsd: sumNanoUsd([tokens, nanoUsd]), unpriced };
}
