import type { PointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { safeSink } from './safe-sink.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** A stream that has not said whether it begins well after this long is passed on: its caller must not wait in the dark. */
const PATIENCE_MS: Ms = 1000;
/** How long an event that only opens the answer waits for the one behind it: what fails at once fails together with it. */
const OPENING_PATIENCE_MS: Ms = 10;
/** A first event that is longer is no error. */
const MAX_FIRST_BYTES = 64 * 1024;

/** What a stream that was answered with 200 begins with. */
export type Beginning =
  /** Nothing bad so far; `answer` has every byte. */
  | { readonly kind: 'good'; readonly answer: UpstreamAnswer }
  /** Its first event is an error, with the event's data, or it ended without any. */
  | { readonly kind: 'bad'; readonly data: Buffer };

interface BeginningOptions {
  /** While nothing at all has come it is not passed on: somebody else ends the wait, and another may take the call. */
  readonly isHeldTillFirstByte?: boolean;
  /** A stream was asked for. A caller who asked for none reads of a Response itself that it failed. */
  readonly isStream?: boolean;
}

/**
 * Looks at the first event of a stream before anything of it goes to the caller: vendors under load answer 200 and say in the
 * stream that they are overloaded, which is as retryable as a status; some open the answer first. Never waits longer than a second for more.
 * @throws PointsmanError when the connection fails before the first event
 */
export async function readBeginning(
  answer: UpstreamAnswer,
  { isHeldTillFirstByte = false, isStream = true }: BeginningOptions = {},
): Promise<Beginning> {
  const type = String(answer.headers['content-type']);
  const isJson = type.startsWith('application/json');
  if (!isJson && !type.startsWith('text/event-stream')) return { kind: 'good', answer };
  return new Promise((resolve, reject) => {
    const held = new HeldSink();
    let isSettled = false;
    let opening: NodeJS.Timeout | undefined;
    const settle = (beginning: Beginning | PointsmanError): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      clearTimeout(opening);
      if ('kind' in beginning) resolve(beginning);
      else reject(beginning);
    };
    const good: Beginning = {
      kind: 'good',
      answer: { ...answer, read: (sink) => held.handTo(safeSink(sink, () => answer.abort())) },
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (!isHeldTillFirstByte || held.byteCount > 0) settle(good);
    }, PATIENCE_MS);
    const look = (): void => {
      const { event, hasOpened } = saidIn(held, isJson);
      // One that has opened may have been billed: it is handed on as far as it came.
      if (held.failure !== undefined) return settle(hasOpened ? good : held.failure);
      const error = event === undefined ? undefined : errorIn(event, isStream);
      if (error !== undefined) {
        settle({ kind: 'bad', data: Buffer.from(error) });
        // Only now: the abort is told to the reader as a failure, at once.
        answer.abort();
        return undefined;
      }
      if (event !== undefined || held.byteCount > (isLate ? 0 : MAX_FIRST_BYTES)) return settle(good);
      if (held.isEnded) return settle(hasOpened ? good : { kind: 'bad', data: Buffer.alloc(0) });
      if (hasOpened) opening ??= setTimeout(() => settle(good), OPENING_PATIENCE_MS);
      return undefined;
    };
    // Functions that are handed over, none that is assigned to a field of `held`: such a one would hold the call (see `LineReader`).
    answer.read({
      data(chunk) {
        const goOn = held.data(chunk);
        if (!isSettled) look();
        return goOn;
      },
      end() {
        held.end();
        if (!isSettled) look();
      },
      fail(error) {
        held.fail(error);
        if (!isSettled) look();
      },
    });
  });
}

/** Keeps what arrives until somebody reads, then passes everything on. */
class HeldSink implements AnswerSink {
  byteCount = 0;
  isEnded = false;
  failure: PointsmanError | undefined;
  #chunks: Buffer[] = [];
  #sink: AnswerSink | undefined;

  bytes(): Buffer {
    return this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }

  data(chunk: Buffer): boolean {
    if (this.#sink !== undefined) return this.#sink.data(chunk);
    this.#chunks.push(chunk);
    this.byteCount += chunk.length;
    return true;
  }

  end(): void {
    this.isEnded = true;
    this.#sink?.end();
  }

  fail(error: PointsmanError): void {
    this.failure = error;
    this.#sink?.fail(error);
  }

  handTo(sink: AnswerSink): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) sink.data(chunk);
    this.#sink = sink;
    const { failure } = this;
    // What came before it leaves first: whoever cuts a caller off cuts what it was written with, too.
    if (failure !== undefined) setImmediate(() => sink.fail(failure));
    else if (this.isEnded) sink.end();
  }
}

/** What has come says first; JSON is one event, once it is whole. */
function saidIn(held: HeldSink, isJson: boolean): ReturnType<typeof firstEvent> {
  if (!isJson) return firstEvent(held.bytes());
  const isWhole = held.isEnded && held.byteCount > 0;
  return { event: isWhole ? held.bytes().toString('utf8') : undefined, hasOpened: false };
}

/** Says that an answer has begun, and nothing of it. */
const OPENING = /"type":\s*"(?:message_start|response\.(?:created|queued|in_progress))"/u;

/** The data of the first whole event that says something; comments, pings and what only opens the answer are passed over. */
function firstEvent(bytes: Buffer): { readonly event: string | undefined; readonly hasOpened: boolean } {
  const text = bytes.toString('utf8');
  let start = 0;
  let hasOpened = false;
  for (const end of text.matchAll(/\r\n\r\n|\n\n|\r\r/gu)) {
    const lines = text.slice(start, end.index).split(/\r\n|\n|\r/u);
    start = end.index + end[0].length;
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
    const event = data.join('\n');
    if (data.join('') === '' || /"type":\s*"ping"/u.test(event)) continue;
    const isOpening = OPENING.test(event.slice(0, 200)) || isEmptyChunk(event);
    if (!isOpening) return { event, hasOpened };
    hasOpened = true;
  }
  return { event: undefined, hasOpened };
}

/** Chat opens with a chunk that has a role and no words. */
function isEmptyChunk(data: string): boolean {
  return /"delta":\s*\{\s*"role":\s*"assistant"(?:,\s*"(?:content|refusal)":\s*(?:""|null))*\s*\}/u.test(data);
}

/** An event that says nothing but an error, in any of the formats; with a Response that failed, what it failed of. */
function errorIn(data: string, isStream: boolean): string | undefined {
  if (!/"(?:error|detail|message)"/u.test(data)) return undefined;
  try {
    const event = JSON.parse(data) as Readonly<Record<string, unknown>>;
    if (!isStream && event['object'] === 'response') return undefined;
    if (event['type'] === 'response.failed') {
      return JSON.stringify({ error: (event['response'] as { readonly error?: unknown } | undefined)?.error });
    }
    const hasError = event['error'] !== undefined && event['error'] !== null;
    return (hasError && event['choices'] === undefined) || event['type'] === 'error' || isBareError(event)
      ? data
      : undefined;
  } catch {
    return undefined;
  }
}

/** What servers say of themselves without the word: vLLM's `{object: "error"}`, `{code, message}`, FastAPI's `{detail}`. Read 2026-11. */
function isBareError(event: Readonly<Record<string, unknown>>): boolean {
  if (event['object'] === 'error') return true;
  const { choices, type, candidates, output, detail, message, code, status } = event;
  if ([choices, type, candidates, output].some((one) => one !== undefined)) return false;
  return detail !== undefined || (typeof message === 'string' && (code ?? status) !== undefined);
}
