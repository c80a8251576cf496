import type { Tokens } from '../../domain/time.ts';
import { CHARS_PER_TOKEN } from '../../domain/transcript.ts';

/** Counts, roughly, the tokens that a stream has said: what is known of a call that was cut before its usage came. */
export interface OutputMeter {
  /** One event's data. */
  see(data: string): void;
  readonly tokens: Tokens;
}

/** Every format names a delta near the start of its event. */
const NAMED_WITHIN_CHARS = 400;

/**
 * An event is a token at least; what it has beyond the shortest one is taken for words.
 * @param deltaMark what an event that says something has near its start
 */
export function createOutputMeter(deltaMark: string): OutputMeter {
  let count = 0;
  let chars = 0;
  let frameChars = Infinity;
  return {
    see(data) {
      const at = data.indexOf(deltaMark);
      if (at < 0 || at > NAMED_WITHIN_CHARS) return;
      count += 1;
      chars += data.length;
      frameChars = Math.min(frameChars, data.length);
    },
    get tokens() {
      return count === 0 ? 0 : Math.max(count, Math.ceil((chars - count * frameChars) / CHARS_PER_TOKEN));
    },
  };
}
