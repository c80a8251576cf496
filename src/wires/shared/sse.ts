/** One server-sent event; `event` is absent where the stream names none. */
export interface SseEvent {
  readonly event: string | undefined;
  readonly data: string;
}

export interface SseParser {
  /** Feeds bytes in any split; complete events come out at once, in order. */
  push(chunk: Buffer): void;
  /** True when all bytes so far ended a whole event: the only place where something may be put between. */
  readonly atBoundary: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Reads server-sent events from bytes that may be split anywhere, inside a character or a line ending included. */
export function createSseParser(onEvent: (event: SseEvent) => void): SseParser {
  let rest: Buffer | undefined;
  let event: string | undefined;
  let data: string | undefined;

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
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (field === 'event') event = value;
  };

  return {
    push(chunk) {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      const whole = bytes.lastIndexOf(LINE_FEED) + 1;
      // Whole lines are decoded together: a line feed is never part of another character.
      const text = whole === 0 ? '' : bytes.toString('utf8', 0, whole);
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        const isPair = end > from && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
        takeLine(text.slice(from, isPair ? end - 1 : end));
        from = end + 1;
      }
      rest = whole < bytes.length ? bytes.subarray(whole) : undefined;
    },
    get atBoundary() {
      return rest === undefined && data === undefined && event === undefined;
    },
  };
}

/** One event as bytes of the stream. `data` must hold no line feed, which JSON never does. */
export function formatSse(event: string | undefined, data: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
