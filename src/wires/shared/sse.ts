import { PointsmanError } from '../../domain/errors.ts';

/** What a stream of them is called in a header. */
export const SSE_TYPE = 'text/event-stream; charset=utf-8';

/** One server-sent event; `event` is absent where the stream names none. */
export interface SseEvent {
  readonly event: string | undefined;
  readonly data: string;
}

export interface SseParser {
  /**
   * Feeds bytes in any split; complete events come out at once, in order. Costs what is new, however a line was split.
   * @throws PointsmanError `provider-protocol` for an event that is larger than the limit; from then on nothing is read
   */
  push(chunk: Buffer): void;
  /** True when all bytes so far ended a whole event: the only place where something may be put between. */
  readonly atBoundary: boolean;
}

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

/** Whole answers of the Responses API come in one line, images as base64 among them. */
const MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** Reads server-sent events from bytes that may be split anywhere, inside a character or a line ending included. */
export function createSseParser(
  onEvent: (event: SseEvent) => void,
  maxEventBytes: number = MAX_EVENT_BYTES,
): SseParser {
  return new LineReader(onEvent, maxEventBytes);
}

/**
 * A class for its getter: V8 puts the functions of a getter in an object literal, as those that are assigned to a field, into old
 * memory at once, and all that such a function sees of its call stays until the whole heap is collected (Node 24, 2026-11).
 */
class LineReader implements SseParser {
  readonly #onEvent: (event: SseEvent) => void;
  readonly #maxEventBytes: number;
  /** The beginning of a line, as it came. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #event: string | undefined;
  #data: string | undefined;
  /** A byte order mark may stand before the first event, and only there. */
  #isFirst = true;

  constructor(onEvent: (event: SseEvent) => void, maxEventBytes: number) {
    this.#onEvent = onEvent;
    this.#maxEventBytes = maxEventBytes;
  }

  push(chunk: Buffer): void {
    const lastEnd = chunk.lastIndexOf(LINE_FEED);
    if (lastEnd < 0) {
      this.#restBytes += chunk.length;
      this.#bound(this.#restBytes);
      this.#rest.push(chunk);
      return;
    }
    const bytes = this.#restBytes === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
    const whole = this.#restBytes + lastEnd + 1;
    // Whole lines are decoded together: a line feed is never part of another character.
    const text = this.#withoutMark(bytes.toString('utf8', 0, whole));
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const isPair = end > from && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
      this.#takeLine(text.slice(from, isPair ? end - 1 : end));
      from = end + 1;
    }
    this.#rest = whole < bytes.length ? [bytes.subarray(whole)] : [];
    this.#restBytes = bytes.length - whole;
  }

  get atBoundary(): boolean {
    return this.#restBytes === 0 && this.#data === undefined && this.#event === undefined;
  }

  #takeLine(line: string): void {
    if (line === '') {
      const [event, data] = [this.#event, this.#data];
      if (data !== undefined) this.#onEvent({ event, data });
      this.#event = this.#data = undefined;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
      this.#bound(this.#data.length);
    } else if (field === 'event') this.#event = value;
  }

  #withoutMark(text: string): string {
    const isMarked = this.#isFirst && text.startsWith('\uFEFF');
    this.#isFirst = false;
    return isMarked ? text.slice(1) : text;
  }

  #bound(bytes: number): void {
    if (bytes <= this.#maxEventBytes) return;
    this.#rest = [];
    this.#restBytes = 0;
    const most = this.#maxEventBytes;
    throw new PointsmanError('provider-protocol', `The endpoint sent an event of more than ${most} bytes`);
  }
}

/** One event as bytes of the stream. `data` must hold no line feed, which JSON never does. */
export function formatSse(event: string | undefined, data: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
