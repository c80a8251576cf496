import type { CallRequest, StreamPart } from '../domain/call.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';

/**
 * One endpoint that runs models. Implementations normalise usage into four buckets, keep vendor state byte-exact in
 * `issued`, and never retry: retries live in `providers/retry.ts` alone.
 */
export interface ModelProvider {
  readonly endpoint: EndpointId;
  /**
   * Streams one call. Never throws and never rejects: a failure is the last part. When `signal` aborts, the socket is
   * closed and the last part is an `aborted` error carrying the usage known so far.
   */
  stream(model: Model, request: CallRequest, options: { readonly signal: AbortSignal }): AsyncIterable<StreamPart>;
}
