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
  return new EventMeter(deltaMark);
}

class EventMeter implements OutputMeter {
  readonly #deltaMark: string;
  #count = 0;
  #chars = 0;
  #frameChars = Infinity;

  constructor(deltaMark: string) {
    this.#deltaMark = deltaMark;
  }

  see(data: string): void {
    const at = data.indexOf(this.#deltaMark);
    if (at < 0 || at > NAMED_WITHIN_CHARS) return;
    this.#count += 1;
    this.#chars += data.length;
    this.#frameChars = Math.min(this.#frameChars, data.length);
  }

  get tokens(): Tokens {
    if (this.#count === 0) return 0;
    return Math.max(this.#count, Math.ceil((this.#chars - this.#count * this.#frameChars) / CHARS_PER_TOKEN));
  }
}
