import type { CallRequest, StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { Ratio } from '../domain/time.ts';
import { collectOutcome, type CallOutcome } from './collect.ts';
import type { ModelProvider } from './provider.ts';
import { streamWithRetry, type RetryRules } from './retry.ts';

/** Makes one call of a model at its endpoint, retries included. Never throws; an abort is a failure with code `aborted`. */
export type ModelCaller = (
  model: Model,
  request: CallRequest,
  options: { readonly signal: AbortSignal; readonly onPart: (part: StreamPart) => void },
) => Promise<CallOutcome>;

export interface ModelCallerOptions {
  readonly providers: ReadonlyMap<EndpointId, ModelProvider>;
  /** 0 ≤ x < 1: spreads the pauses between tries. */
  readonly random: () => Ratio;
  readonly rules?: RetryRules;
}

export function createModelCaller({ providers, random, rules }: ModelCallerOptions): ModelCaller {
  return (model, request, { signal, onPart }) => {
    const provider = providers.get(model.endpoint);
    if (provider === undefined) return Promise.resolve(failed(noEndpoint(model)));
    const retry = { signal, random, ...(rules === undefined ? {} : { rules }) };
    return collectOutcome(streamWithRetry(provider, model, request, retry), { model, onPart });
  };
}

function noEndpoint(model: Model): PointsmanError {
  return new PointsmanError(
    'config-invalid',
    `Model "${model.id}" is at endpoint "${model.endpoint}", which is not configured.`,
    {
      hint: `Add the endpoint "${model.endpoint}" to the config, or set its key.`,
    },
  );
}

function failed(error: PointsmanError): CallOutcome {
  return { kind: 'failed', error, usage: undefined, retryCount: 0, partial: [] };
}
