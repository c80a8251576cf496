import type { PointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { safeSink } from './safe-sink.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** A stream that has not said whether it begins well after this long is passed on: its caller must not wait in the dark. */
const PATIENCE_MS: Ms = 1000;
/** A first event that is longer is no error. */
const MAX_FIRST_BYTES = 64 * 1024;

/** What a stream that was answered with 200 begins with. */
export type Beginning =
  /** Nothing bad so far; `answer` has every byte. */
  | { readonly kind: 'good'; readonly answer: UpstreamAnswer }
  /** Its first event is an error, with the event's data, or it ended without any. */
  | { readonly kind: 'bad'; readonly data: Buffer };

/**
 * Looks at the first event of a stream before anything of it goes to the caller: vendors under load answer 200 and say in the
 * stream that they are overloaded, which is as retryable as a status. Never waits longer than a second.
 * @throws PointsmanError when the connection fails before the first event
 */
export async function readBeginning(answer: UpstreamAnswer): Promise<Beginning> {
  const type = answer.headers['content-type'];
  if (typeof type !== 'string' || !type.startsWith('text/event-stream')) return { kind: 'good', answer };
  return new Promise((resolve, reject) => {
    const held = new HeldSink();
    let isSettled = false;
    const settle = (beginning: Beginning | PointsmanError): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      held.onChange = undefined;
      if ('kind' in beginning) resolve(beginning);
      else reject(beginning);
    };
    const good: Beginning = {
      kind: 'good',
      answer: { ...answer, read: (sink) => held.handTo(safeSink(sink, () => answer.abort())) },
    };
    const timer = setTimeout(() => settle(good), PATIENCE_MS);
    held.onChange = () => {
      if (held.failure !== undefined) return settle(held.failure);
      const event = firstEvent(held.bytes());
      if (event !== undefined && isError(event)) {
        settle({ kind: 'bad', data: Buffer.from(event) });
        // Only now: the abort is told to the reader as a failure, at once.
        answer.abort();
        return undefined;
      }
      if (event !== undefined || held.byteCount > MAX_FIRST_BYTES) return settle(good);
      return held.isEnded ? settle({ kind: 'bad', data: Buffer.alloc(0) }) : undefined;
    };
    answer.read(held);
  });
}

/** Keeps what arrives until somebody reads, then passes everything on. */
class HeldSink implements AnswerSink {
  onChange: (() => void) | undefined;
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
    this.onChange?.();
    return true;
  }

  end(): void {
    this.isEnded = true;
    if (this.#sink === undefined) this.onChange?.();
    else this.#sink.end();
  }

  fail(error: PointsmanError): void {
    this.failure = error;
    if (this.#sink === undefined) this.onChange?.();
    else this.#sink.fail(error);
  }

  handTo(sink: AnswerSink): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) sink.data(chunk);
    this.#sink = sink;
    if (this.failure !== undefined) sink.fail(this.failure);
    else if (this.isEnded) sink.end();
  }
}

/** The data of the first whole event that has any; comments and pings are passed over. */
function firstEvent(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  let start = 0;
  for (const end of text.matchAll(/\r\n\r\n|\n\n|\r\r/gu)) {
    const lines = text.slice(start, end.index).split(/\r\n|\n|\r/u);
    start = end.index + end[0].length;
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
    if (data.length > 0 && data.join('') !== '' && !/"type":\s*"ping"/u.test(data.join(''))) return data.join('\n');
  }
  return undefined;
}

/** An event that says nothing but an error, in any of the formats. */
function isError(data: string): boolean {
  if (!data.includes('"error"')) return false;
  try {
    const event = JSON.parse(data) as Readonly<Record<string, unknown>>;
    const hasError = event['error'] !== undefined && event['error'] !== null;
    return (hasError && event['choices'] === undefined) || event['type'] === 'error';
  } catch {
    return false;
  }
}
