import type { StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { TranslationLoss } from '../domain/translation-loss.ts';
import type { Endpoint } from '../wires/shared/endpoint-config.ts';
import type { CodecPart, StreamDecoder } from '../wires/shared/stream-decoder.ts';
import { scrubError } from './scrub.ts';
import { toProviderError } from './to-provider-error.ts';

/** How one call is made: what differs between vendors. */
export interface WireCall {
  readonly decoder: StreamDecoder;
  readonly losses: readonly TranslationLoss[];
  /** Opens the response. `onBytes` is to be called for every chunk; `signal` closes the socket. */
  open(options: { readonly signal: AbortSignal; readonly onBytes: () => void }): Promise<{
    readonly events: AsyncIterable<unknown>;
    readonly requestId: string | undefined;
  }>;
}

export interface DriveOptions {
  readonly endpoint: Endpoint;
  /** What else was sent to open the endpoint: it grows while the call is made. */
  readonly fetched?: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Milliseconds since any fixed moment. */
  readonly clock: () => At;
}

/**
 * Runs one call from request to last part: both clocks, abort, exactly one `finish` or `error`, secrets scrubbed. Never
 * throws: what `makeCall` throws is the last part too. Leaving the loop early closes the socket.
 */
export async function* driveStream(
  makeCall: () => WireCall | Promise<WireCall>,
  options: DriveOptions,
): AsyncGenerator<StreamPart, void, undefined> {
  const { endpoint, clock } = options;
  const secrets = (): readonly string[] => [
    endpoint.apiKey ?? '',
    ...Object.values(endpoint.headers),
    ...(options.fetched ?? []),
  ];
  const watch = new Watch(options);
  const startedAt = clock();
  let firstAt: At | undefined;
  let call: WireCall | undefined;
  const timed = (part: CodecPart): StreamPart => {
    if (part.type === 'error') return { ...part, error: scrubError(part.error, secrets()) };
    if (part.type === 'start') return { ...part, losses: call?.losses ?? [] };
    firstAt ??= clock();
    if (part.type !== 'finish') return part;
    return { ...part, ttftMs: firstAt - startedAt, durationMs: clock() - startedAt };
  };
  let last: StreamPart | undefined;
  try {
    if (options.signal.aborted) throw aborted({ wasSent: false });
    call = await makeCall();
    const { events, requestId } = await call.open({ signal: watch.signal, onBytes: () => watch.touch() });
    for await (const event of events) {
      for (const part of last === undefined ? call.decoder.push(event) : []) {
        const out = timed(part);
        if (isLast(out)) last = out;
        else yield named(out, requestId);
      }
      if (last?.type === 'error' || watch.signal.aborted) break;
      // Reading to the end keeps the connection for the next call.
      if (last !== undefined) watch.endSoon();
    }
    const reason = watch.reason();
    if (last === undefined && reason !== undefined) throw reason;
    for (const part of last === undefined ? call.decoder.end() : []) yield timed(part);
  } catch (thrown) {
    const error = watch.reason() ?? toProviderError(thrown, endpoint, clock());
    last ??= timed({ type: 'error', error, usage: call?.decoder.usage() });
  } finally {
    watch.stop();
  }
  if (last !== undefined) yield last;
}

function isLast({ type }: StreamPart): boolean {
  return type === 'finish' || type === 'error';
}

/** The header's request id outranks the body's. */
function named(part: StreamPart, requestId: string | undefined): StreamPart {
  return part.type === 'start' ? { ...part, requestId: requestId ?? part.requestId } : part;
}

/** How long an endpoint may keep a connection open after it has said everything. */
const LINGER_MS: Ms = 250;

/** The two clocks of a call and the caller's signal, as one signal with one reason. */
class Watch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #total: NodeJS.Timeout;
  readonly #endpoint: Endpoint;
  #idle: NodeJS.Timeout;
  #isWaitingForFirst: boolean;
  #linger: NodeJS.Timeout | undefined;
  #reason: PointsmanError | undefined;
  readonly #onAbort = (): void => this.#end(aborted());

  constructor({ endpoint, signal }: DriveOptions) {
    this.#caller = signal;
    this.#total = setTimeout(() => this.#end(timedOut('timeoutMs', endpoint)), endpoint.timeoutMs);
    this.#endpoint = endpoint;
    this.#isWaitingForFirst = endpoint.firstByteMs !== undefined;
    this.#idle = this.#isWaitingForFirst ? this.#after('firstByteMs') : this.#after('idleTimeoutMs');
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reason(): PointsmanError | undefined {
    return this.#reason;
  }

  touch(): void {
    if (this.#reason !== undefined) return;
    if (!this.#isWaitingForFirst) {
      this.#idle.refresh();
      return;
    }
    this.#isWaitingForFirst = false;
    clearTimeout(this.#idle);
    this.#idle = this.#after('idleTimeoutMs');
  }

  #after(which: 'firstByteMs' | 'idleTimeoutMs'): NodeJS.Timeout {
    return setTimeout(() => this.#end(timedOut(which, this.#endpoint)), this.#endpoint[which]);
  }

  /** The answer is whole: what is left of the response gets a moment, and nothing is an error any more. */
  endSoon(): void {
    this.#linger ??= setTimeout(() => this.#controller.abort(), LINGER_MS);
  }

  stop(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    clearTimeout(this.#linger);
    this.#caller.removeEventListener('abort', this.#onAbort);
  }

  #end(reason: PointsmanError): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }
}

function aborted(details: Readonly<Record<string, unknown>> = {}): PointsmanError {
  return new PointsmanError('aborted', 'The call was aborted', { details });
}

function timedOut(which: 'timeoutMs' | 'idleTimeoutMs' | 'firstByteMs', endpoint: Endpoint): PointsmanError {
  const timeoutMs = endpoint[which];
  const what = which === 'timeoutMs' ? 'did not finish' : 'said nothing';
  return new PointsmanError('provider-timeout', `Endpoint "${endpoint.id}" ${what} within ${timeoutMs} ms`, {
    retryable: true,
    details: { timeoutMs, clock: which },
    hint: `Raise ${which} of endpoint "${endpoint.id}", or route to another model.`,
  });
}
