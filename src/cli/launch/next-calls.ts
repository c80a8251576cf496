import type { Model } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { foreseeBill, type SessionCall } from '../../predict/forecast/session-bill.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import type { SpentCall } from '../../spend/spent-call.ts';

const NEXT_CALLS = 20;

/** Modelled: how long a session goes on is not foreseen, what so many calls more will bill is. */
export interface NextCalls {
  readonly callCount: number;
  readonly billNanoUsd: NanoUsd;
}

/** What the next calls of a session will bill on the model of its latest. `undefined`: a time, usage or bill is not known. */
export function nextCalls(calls: readonly SpentCall[], models: readonly Model[]): NextCalls | undefined {
  const model = models.find(({ id }) => id === calls.at(-1)?.model);
  const known = calls.flatMap(({ at, usage, billNanoUsd }): readonly SessionCall[] =>
    at === undefined || usage === undefined || billNanoUsd === undefined ? [] : [{ at, usage, billNanoUsd }],
  );
  if (model === undefined || known.length < calls.length) return undefined;
  const spent = known.reduce((sum, call) => sum + call.billNanoUsd, 0);
  const then = foreseeBill(model, known, { callCount: known.length + NEXT_CALLS, table: shippedStretches() });
  return { callCount: NEXT_CALLS, billNanoUsd: toNanoUsd(then - spent) };
}
