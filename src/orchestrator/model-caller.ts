import type { CallRequest, CallResult, StreamPart } from '../domain/call.ts';
import type { Model } from '../domain/model.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { Usage } from '../domain/usage.ts';

/** What one call came to, retries of the provider room included. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly result: CallResult; readonly retryCount: number }
  | {
      readonly kind: 'failed';
      readonly error: PointsmanError;
      /** Known where the stream broke off after the provider had reported some. */
      readonly usage: Usage | undefined;
      readonly retryCount: number;
    };

/** Makes one call of a model at its endpoint. Never throws; an abort is a failure with code `aborted`. */
export type ModelCaller = (
  model: Model,
  request: CallRequest,
  options: { readonly signal: AbortSignal; readonly onPart: (part: StreamPart) => void },
) => Promise<CallOutcome>;
