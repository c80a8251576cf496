import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { textIn } from '../../wires/shared/fields.ts';
import { cutStreamError } from '../../wires/shared/stream-decoder.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { failureOf, mayGoElsewhere, type UpstreamFailure } from '../upstream/failure.ts';
import { readBeginning } from '../upstream/first-event.ts';
import { scrubFor, MAX_ERROR_BYTES } from '../upstream/guard-answer.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import { streamErrorStatus, trueStatus, waitInBody } from '../upstream/upstream-error.ts';
import type { Outbound } from './outbound.ts';

export type FailedSending = Extract<Sent, { kind: 'failed' }>;

/** How sending a call once ended. */
export type Sent =
  | { readonly kind: 'answered'; readonly answer: UpstreamAnswer }
  | {
      readonly kind: 'failed';
      /** `undefined`: the caller is gone. */
      readonly failure: UpstreamFailure | undefined;
      readonly error: PointsmanError;
      readonly status: number | undefined;
      readonly headers: UpstreamAnswer['headers'];
      readonly body: Buffer;
    };

/**
 * Sends a call once, and waits until its answer has begun. Never throws.
 * @param firstByteMs how long a stream may take to begin, and any answer of a tier that makes calls wait; `undefined`: as long as its
 *   endpoint may be silent
 */
export async function sendOnce(
  core: GatewayCore,
  call: RoutedCall,
  outbound: Outbound,
  { firstByteMs, isQueued }: { readonly firstByteMs: Ms | undefined; readonly isQueued: boolean },
): Promise<Sent> {
  const { path, target, headers, body } = outbound;
  const limit = openLimit(call.abort.signal, target.isStream || isQueued ? firstByteMs : undefined);
  try {
    const answer = await core.upstream.open(outbound.endpoint, { path, target, headers, body, signal: limit.signal });
    if (answer.status >= 200 && answer.status < 300) {
      const beginning = await readBeginning(answer, {
        isStream: target.isStream,
        isHeldTillFirstByte: firstByteMs !== undefined && target.isStream,
      });
      if (beginning.kind === 'good') return { kind: 'answered', answer: beginning.answer };
      if (beginning.data.length === 0) throw cutStreamError();
      return failedWith(core, {
        status: streamErrorStatus(beginning.data),
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(scrubFor(outbound.endpoint)(beginning.data.toString('utf8'))),
      });
    }
    const said = await readWhole(answer, MAX_ERROR_BYTES);
    return failedWith(core, { status: trueStatus(answer.status, said), headers: answer.headers, body: said });
  } catch (thrown) {
    const error = limit.hasPassed()
      ? tooLate(outbound, firstByteMs, thrown)
      : toPointsmanError(thrown, 'provider-unavailable');
    const nothing = { status: undefined, headers: {}, body: Buffer.alloc(0) };
    if (error.code === 'aborted') return { kind: 'failed', failure: undefined, error, ...nothing };
    return { kind: 'failed', failure: failureFrom(error), error, ...nothing };
  } finally {
    limit.end();
  }
}

interface FirstByteLimit {
  /** Of the caller who leaves, or of the limit, until `end`. */
  readonly signal: AbortSignal;
  hasPassed(): boolean;
  end(): void;
}

function openLimit(caller: AbortSignal, limitMs: Ms | undefined): FirstByteLimit {
  if (limitMs === undefined) return { signal: caller, hasPassed: () => false, end: () => undefined };
  const limit = new AbortController();
  // Not `AbortSignal.any`: what listens to one of those, and so the call, stays until the whole heap is collected (Node 24).
  const leave = (): void => limit.abort();
  if (caller.aborted) leave();
  else caller.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => limit.abort(), limitMs);
  return {
    signal: limit.signal,
    hasPassed: () => limit.signal.aborted && !caller.aborted,
    end: () => clearTimeout(timer),
  };
}

/** Whether it had gone out, which what it was cut with says, decides what it may have billed. */
function tooLate({ endpoint }: Outbound, timeoutMs: Ms | undefined, cut: unknown): PointsmanError {
  const { wasSent } = toPointsmanError(cut).details;
  return new PointsmanError('provider-timeout', `The endpoint "${endpoint.id}" said nothing for ${timeoutMs} ms`, {
    retryable: true,
    details: { timeoutMs, wasSent },
  });
}

/** What a call without an answer failed with. One that could not be made for want of credentials, or has no place there, never went out. */
function failureFrom({ code, details }: PointsmanError): UpstreamFailure {
  if (code === 'provider-timeout') return { kind: 'timeout', wasReached: details['wasSent'] !== false };
  if (code === 'provider-auth') return { kind: 'status', status: 401, retryAfterMs: undefined, verdict: 'elsewhere' };
  if (code === 'request-invalid') return { kind: 'status', status: 400, retryAfterMs: undefined, verdict: 'final' };
  return { kind: 'network', code: textIn(details['socket']) ?? code, wasReached: details['wasSent'] !== false };
}

function failedWith(
  core: GatewayCore,
  said: { readonly status: number; readonly headers: UpstreamAnswer['headers']; readonly body: Buffer },
): Sent {
  const failure = failureOf(said.status, said.headers, core.deps.clock.now());
  return {
    kind: 'failed',
    failure: mayGoElsewhere(failure)
      ? { ...failure, retryAfterMs: failure.retryAfterMs ?? waitInBody(said.body) }
      : failure,
    error: new PointsmanError('provider-unavailable', `The endpoint answered ${said.status}`),
    ...said,
  };
}
