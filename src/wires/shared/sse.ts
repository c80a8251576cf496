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
  /** The beginning of a line, as it came. */
  let rest: Buffer[] = [];
  let restBytes = 0;
  let event: string | undefined;
  let data: string | undefined;

  const bound = (bytes: number): void => {
    if (bytes <= maxEventBytes) return;
    rest = [];
    restBytes = 0;
    throw new PointsmanError('provider-protocol', `The endpoint sent an event of more than ${maxEventBytes} bytes`);
  };
  const takeLine = (line: string): void => {
    if (line === '') {
      if (data !== undefined) onEvent({ event, data });
      event = data = undefined;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    if (field === 'data') {
      data = data === undefined ? value : `${data}\n${value}`;
      bound(data.length);
    } else if (field === 'event') event = value;
  };

  /** A byte order mark may stand before the first event, and only there. */
  let isFirst = true;
  const withoutMark = (text: string): string => {
    const isMarked = isFirst && text.startsWith('\uFEFF');
    isFirst = false;
    return isMarked ? text.slice(1) : text;
  };

  return {
    push(chunk) {
      const lastEnd = chunk.lastIndexOf(LINE_FEED);
      if (lastEnd < 0) {
        restBytes += chunk.length;
        bound(restBytes);
        rest.push(chunk);
        return;
      }
      const bytes = restBytes === 0 ? chunk : Buffer.concat([...rest, chunk]);
      const whole = restBytes + lastEnd + 1;
      // Whole lines are decoded together: a line feed is never part of another character.
      const text = withoutMark(bytes.toString('utf8', 0, whole));
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        const isPair = end > from && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
        takeLine(text.slice(from, isPair ? end - 1 : end));
        from = end + 1;
      }
      rest = whole < bytes.length ? [bytes.subarray(whole)] : [];
      restBytes = bytes.length - whole;
    },
    get atBoundary() {
      return restBytes === 0 && data === undefined && event === undefined;
    },
  };
}

/** One event as bytes of the stream. `data` must hold no line feed, which JSON never does. */
export function formatSse(event: string | undefined, data: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
