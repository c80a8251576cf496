import { parseExactJson, type JsonObject } from '../../domain/json.ts';

/**
 * The arguments of a tool call. Nothing, `null` and an empty list count as no arguments: servers write a call without any
 * so. `undefined`: not a JSON object.
 */
export function parseToolInput(json: string): JsonObject | undefined {
  if (json.trim() === '') return {};
  try {
    const value = parseExactJson(json);
    if (value === null || (Array.isArray(value) && value.length === 0)) return {};
    // A few servers encode twice.
    if (typeof value === 'string' && value !== json) return parseToolInput(value);
    return typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Arguments as they came on the wire, as the text of one JSON value: some servers send the object itself. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** Collects the arguments of one call and says what may be streamed of them: only what begins as an object does. */
export class ToolArguments {
  #json = '';
  #sent = 0;

  /** All that came so far. */
  get json(): string {
    return this.#json;
  }

  get isEmpty(): boolean {
    return this.#json.trim() === '';
  }

  /** Adds a piece; returns what a caller's stream gains by it. */
  push(piece: string): string {
    this.#json += piece;
    if (!this.#json.trimStart().startsWith('{')) return '';
    const gained = this.#json.slice(this.#sent);
    this.#sent = this.#json.length;
    return gained;
  }

  /** The whole, where the end of a stream says it again or for the first time; returns what was not streamed yet. */
  finish(whole: string): string {
    if (whole === '' || whole === this.#json) return '';
    if (whole.startsWith(this.#json)) return this.push(whole.slice(this.#json.length));
    if (this.#sent > 0) return '';
    this.#json = '';
    return this.push(whole);
  }
}
