import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { createScrub, type Scrub } from '../../trust/scrub.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** Of an answer's headers: limits, ids, hints and what the bytes are. No address, no cookie, nothing of our account. */
const PASSED =
  /^(?:content-type|content-encoding|content-disposition|x-goog-upload-[\w-]+|retry-after|retry-after-ms|x-should-retry|request-id|x-request-id|x-amzn-requestid|x-amz-request-id|apim-request-id|(?:x-|anthropic-|x-ms-)?ratelimit-[\w-]+|openai-(?:processing-ms|version|model)|x-envoy-upstream-service-time|deprecation|sunset|warning|cache-control|server-timing)$/u;

/** Of one answer that is read whole. */
export const MAX_JSON_BYTES: number = 64 * 1024 * 1024;

/** Past this an error says nothing that anybody reads. */
export const MAX_ERROR_BYTES: number = 1024 * 1024;

interface KnownSecrets {
  /** Fetched for the endpoint of late, the newest last. */
  readonly fetched: readonly string[];
  readonly scrub: Scrub;
}

const sent = new WeakMap<ConfiguredEndpoint, KnownSecrets>();
/** Tokens are renewed by the hour: answers to calls under way may hold the one before. */
const MOST_FETCHED = 8;

/** The secrets that are sent to an endpoint: whatever it says may repeat them. */
export function scrubFor(endpoint: ConfiguredEndpoint): Scrub {
  return (sent.get(endpoint) ?? remember(endpoint, [])).scrub;
}

/** A cloud's tokens stand in no configuration: they are known when they are first sent. */
export function noteFetched(endpoint: ConfiguredEndpoint, secrets: readonly string[]): void {
  const known = sent.get(endpoint)?.fetched ?? [];
  const fresh = secrets.filter((secret) => !known.includes(secret));
  if (fresh.length > 0) remember(endpoint, [...known, ...fresh].slice(-MOST_FETCHED));
}

function remember(endpoint: ConfiguredEndpoint, fetched: readonly string[]): KnownSecrets {
  const ours = [endpoint.apiKey, ...Object.values(endpoint.headers)];
  const configured = ours.flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]));
  const now = { fetched, scrub: createScrub([...configured, ...fetched]) };
  sent.set(endpoint, now);
  return now;
}

/**
 * An answer as everybody behind this line may see it: of its headers only what is known to be harmless, of an error nothing
 * that we sent as a secret.
 * @throws PointsmanError `provider-unavailable` for a redirect: it would carry keys and prompts to a host that nobody named
 */
export function guardAnswer(answer: UpstreamAnswer, endpoint: ConfiguredEndpoint): UpstreamAnswer {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    answer.abort();
    throw new PointsmanError('provider-unavailable', `The endpoint "${endpoint.id}" redirects (${status}).`, {
      hint: 'Set its base URL to where it really is.',
      details: { status },
    });
  }
  const scrub = scrubFor(endpoint);
  return {
    ...answer,
    headers: passedHeaders(answer.headers, scrub),
    read: (sink) => answer.read(status < 400 ? sink : scrubbedSink(sink, scrub)),
  };
}

function passedHeaders(headers: UpstreamAnswer['headers'], scrub: Scrub): UpstreamAnswer['headers'] {
  const passed = Object.entries(headers).filter(([name]) => PASSED.test(name.toLowerCase()));
  return Object.fromEntries(
    passed.map(([name, value]) => [name, Array.isArray(value) ? value.map(scrub) : value && scrub(value)]),
  );
}

/** An error is read whole before it is handed on: a secret may be cut by the border of two pieces. */
function scrubbedSink(sink: AnswerSink, scrub: Scrub): AnswerSink {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    data(chunk) {
      if (bytes < MAX_ERROR_BYTES) chunks.push(chunk);
      bytes += chunk.length;
      return true;
    },
    end() {
      const text = Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString('utf8');
      if (text !== '') sink.data(Buffer.from(scrub(text)));
      sink.end();
    },
    fail: (error) => sink.fail(error),
  };
}
