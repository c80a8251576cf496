import { fieldsIn, isFields, parseFields, type Fields } from '../shared/fields.ts';
import { LINE_FEED, CARRIAGE_RETURN } from '../shared/sse.ts';
import type { StreamFilter, StreamRelay } from '../shared/wire-format.ts';

/** A Chat stream reports what it billed only where that was asked for. */
export function chatUsageRelay(body: Fields): StreamRelay | undefined {
  const options = body['stream_options'];
  if (fieldsIn(options)['include_usage'] === true) return undefined;
  return {
    edits: [
      isFields(options)
        ? { op: 'set', path: ['stream_options', 'include_usage'], value: true }
        : { op: 'set', path: ['stream_options'], value: { include_usage: true } },
    ],
    createFilter: createUsageChunkFilter,
  };
}

const MAX_HELD_BYTES = 64 * 1024;

/** Takes the usage chunk out of a Chat stream. An event past 64 kB is no usage chunk and is not held. */
export function createUsageChunkFilter(): StreamFilter {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const passed: Buffer[] = [];
      let from = 0;
      for (let end = eventEnd(bytes, from); end > 0; end = eventEnd(bytes, from)) {
        const event = bytes.subarray(from, end);
        if (!isUsageChunk(event)) passed.push(event);
        from = end;
      }
      held = bytes.subarray(from);
      if (held.length > MAX_HELD_BYTES) {
        passed.push(held);
        held = Buffer.alloc(0);
      }
      return passed.length === 1 && passed[0] !== undefined ? passed[0] : Buffer.concat(passed);
    },
    end() {
      const rest = held;
      held = Buffer.alloc(0);
      return isUsageChunk(rest) ? Buffer.alloc(0) : rest;
    },
  };
}

/** Index after the blank line that ends the event at `from`; 0 while it has not come. */
function eventEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at + 1] === LINE_FEED) return at + 2;
    if (bytes[at + 1] === CARRIAGE_RETURN && bytes[at + 2] === LINE_FEED) return at + 3;
  }
  return 0;
}

function isUsageChunk(event: Buffer): boolean {
  if (!event.includes('"usage"') || !event.includes('"choices"')) return false;
  const text = event.toString('utf8').trim();
  const fields = text.startsWith('data:') ? parseFields(text.slice(5).trimStart()) : undefined;
  const choices = fields?.['choices'];
  return Array.isArray(choices) && choices.length === 0 && isFields(fields?.['usage']);
}
