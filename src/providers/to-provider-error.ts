import { PointsmanError, isPointsmanError } from '../domain/errors.ts';
import type { At } from '../domain/time.ts';
import type { Endpoint } from '../wires/shared/endpoint-config.ts';
import { classifyFailure, reasonIn } from '../wires/shared/errors/classify-error.ts';
import { protocolError } from '../wires/shared/stream-decoder.ts';

/** What the vendors' SDKs throw for an HTTP status or an error event. Read by shape: both SDKs agree on it. */
interface ApiErrorLike {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly headers?: unknown;
  readonly requestID?: unknown;
}

/** Network failures that a later try may not meet. Node.js and undici error codes, read 2026-11. */
const PASSING =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_.*)$/u;

/** Whatever an SDK or the network threw, as one of our errors. Holds no part of the request. */
export function toProviderError(thrown: unknown, endpoint: Endpoint, nowMs: At): PointsmanError {
  const ours = causes(thrown).find(isPointsmanError);
  if (ours !== undefined) return ours;
  if (isApiError(thrown)) return fromApiError(thrown, endpoint, nowMs);
  if (causes(thrown).some((cause) => cause instanceof SyntaxError)) {
    return protocolError(`Endpoint "${endpoint.id}" sent something that is not JSON`);
  }
  return fromNetwork(thrown, endpoint);
}

function fromApiError(thrown: ApiErrorLike, endpoint: Endpoint, nowMs: At): PointsmanError {
  const { headers } = thrown;
  const body = nested(thrown.error);
  // Aggregators put the upstream's status into the code of an error that comes inside a stream.
  const status = [thrown.status, body['code']].find((value) => typeof value === 'number');
  return classifyFailure({
    status,
    type: text(body['type']),
    code: text(body['code']) ?? reasonIn(body) ?? text(body['status']),
    message: text(body['message']) ?? statusMessage(thrown),
    error: body,
    header: headers instanceof Headers || isHeadersLike(headers) ? (name) => headers.get(name) : undefined,
    requestId: text(thrown.requestID),
    nowMs,
    keyName: endpoint.apiKeyName,
  });
}

function statusMessage(thrown: ApiErrorLike): string | undefined {
  return thrown instanceof Error ? thrown.message.slice(0, 500) : undefined;
}

/** OpenAI's SDK unwraps `error`; Anthropic's leaves the whole body; some servers send the fields bare. */
function nested(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'string') return { message: value };
  if (value === null || typeof value !== 'object') return {};
  // Google sends lists.
  if (Array.isArray(value)) return nested(value[0]);
  if ('error' in value && value.error !== null && value.error !== undefined) return nested(value.error);
  return value as Readonly<Record<string, unknown>>;
}

function fromNetwork(thrown: unknown, endpoint: Endpoint): PointsmanError {
  const chain = causes(thrown);
  const networkCode = chain.map((cause) => text((cause as { code?: unknown }).code)).find((code) => code !== undefined);
  const passing = networkCode === undefined || PASSING.test(networkCode);
  const words = chain.at(-1)?.message ?? String(thrown);
  return new PointsmanError(
    'provider-unavailable',
    `Endpoint "${endpoint.id}" cannot be reached or broke off: ${words}`,
    {
      retryable: passing,
      details: networkCode === undefined ? { cut: true } : { networkCode },
      hint: passing
        ? `Check that ${originOf(endpoint.baseUrl)} is up, or route to another model.`
        : `Check the base URL and certificate of endpoint "${endpoint.id}".`,
    },
  );
}

/** Without a path, query or user: a base URL may hold a token. */
function originOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).origin : 'the endpoint';
}

function causes(thrown: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = thrown; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at);
  return chain;
}

function isApiError(thrown: unknown): thrown is Error & ApiErrorLike {
  if (!(thrown instanceof Error) || !('status' in thrown) || !('error' in thrown)) return false;
  return typeof thrown.status === 'number' || (thrown.error !== undefined && thrown.error !== null);
}

function isHeadersLike(value: unknown): value is { get(name: string): string | null } {
  return value !== null && typeof value === 'object' && 'get' in value && typeof value.get === 'function';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
