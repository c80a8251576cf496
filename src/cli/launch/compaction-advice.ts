import { billNanoUsd, isPriced } from '../../catalog/bill.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Model } from '../../domain/model.ts';
import { formatUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { NO_USAGE, promptTokens, type Usage } from '../../domain/usage.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { DEFAULT_ASSUMPTIONS } from '../../replay/simulation/assumptions.ts';
import { createRecordedModels } from '../../replay/simulation/recorded-models.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';

/** The call whose prompt a summary is about to be made of. */
interface LatestCall {
  readonly model: Model;
  readonly usage: Usage;
  readonly at: At;
}

/** @returns `undefined` where no call of a model that is known here says what it read */
export function latestRecorded(calls: readonly CallRecord[], catalog: Catalog): LatestCall | undefined {
  const call = calls.findLast(({ usage }) => usage !== undefined);
  const model = catalog.models.find(({ id }) => id === call?.requestedModel);
  return model === undefined || call?.usage === undefined
    ? undefined
    : { model, usage: call.usage, at: call.startedAt };
}

/** The same of the session's own thread in a harness's log. */
export function latestLogged([session]: readonly SessionTrace[], catalog: Catalog): LatestCall | undefined {
  const call = session?.threads[0]?.calls.findLast(({ usage }) => usage !== undefined);
  const model = call && createRecordedModels(catalog, DEFAULT_ASSUMPTIONS).ofCall(call)?.model;
  return model === undefined || call?.usage === undefined
    ? undefined
    : { model, usage: call.usage, at: call.at ?? call.endedAt ?? Date.now() };
}

/** @returns `undefined` where the price is not known */
export function compactionText({ model, usage, at }: LatestCall): string | undefined {
  if (!isPriced(model.prices)) return undefined;
  const tokens = promptTokens(usage);
  const warm = billNanoUsd(model.prices, { ...NO_USAGE, cacheReadTokens: tokens }, at);
  const cold = billNanoUsd(model.prices, { ...NO_USAGE, uncachedTokens: tokens }, at);
  return `pointsman: to read these ${tokens.toLocaleString('en')} tokens for the summary bills ${formatUsd(warm)} while ${model.id} holds them warm, ${formatUsd(cold)} once it is cold (modelled). After it the prompt begins anew: a change of model then breaks no cache.`;
}
