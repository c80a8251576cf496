import { COLON, COMMA, isClosing, isOpening, OPEN_OBJECT, QUOTE, readKey, skipString } from './json-tokens.ts';

/** Where the parts of a body stand in its bytes; ends are exclusive. Holds for bytes that are valid JSON. */
export interface BodyLayout {
  /** The root's fields, in order. */
  readonly fields: readonly FieldPlace[];
  /** The root's list of messages or items; `undefined`: it has none. */
  readonly transcript: TranscriptPlace | undefined;
}

export interface FieldPlace {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface TranscriptPlace {
  readonly key: string;
  /** Behind the opening bracket. */
  readonly open: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** What the wire formats call the list that grows from call to call. */
const TRANSCRIPT_KEYS: ReadonlySet<string> = new Set(['messages', 'input', 'contents']);

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** Doubles hold every integer of fewer digits. */
const LONG_DIGITS = 16;

/**
 * One pass over the structure of a body: how deep it nests, how many keys it has, where its fields and the items of its
 * transcript stand. Long strings cost next to nothing. It checks nothing: what is no JSON is found by whoever parses it.
 */
export class BodyScanner implements BodyLayout {
  depthCount = 0;
  keyCount = 0;
  /** Of the transcript's items: lists, objects, and values behind a comma. */
  valueCount = 0;
  /** A number has more digits than a double surely holds. */
  hasLongNumber = false;
  readonly fields: FieldPlace[] = [];
  transcript: { readonly key: string; readonly open: number; starts: number[]; ends: number[] } | undefined;
  readonly #bytes: Buffer;
  readonly #limitCount: number;
  #at = 0;
  #depth = 0;
  #rootIsObject = false;
  #isInItems = false;
  /** Of the field or item that is being read; −1: none is. */
  #keyStart = -1;
  #valueStart = -1;
  #itemStart = -1;
  #key = '';
  /** Of the number that is being read. */
  #digitCount = 0;
  /** Where the newest token of a field or item has ended. */
  #lastEnd = 0;

  /** Nothing is read past `limitCount` levels. */
  constructor(bytes: Buffer, limitCount: number) {
    this.#bytes = bytes;
    this.#limitCount = limitCount;
  }

  /** Reads on until the transcript opens, and says whether it has; without one, or without the wish, to the end. */
  run(untilTranscript = false): boolean {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const at = this.#at;
      const byte = bytes[at];
      this.#at = at + 1;
      if (isOpening(byte)) {
        const isTranscript = this.#open(at, byte === OPEN_OBJECT);
        if (this.#depth > this.#limitCount) return false;
        if (isTranscript && untilTranscript) return true;
      } else this.#take(at, byte ?? 0);
    }
    return false;
  }

  #take(at: number, byte: number): void {
    if (byte < DIGIT_0 || byte > DIGIT_9) this.#digitCount = 0;
    else if (++this.#digitCount >= LONG_DIGITS) this.hasLongNumber = true;
    if (byte === QUOTE) {
      this.#at = skipString(this.#bytes, at);
      if (this.#depth <= 2) this.#noteToken(at, this.#at);
    } else if (byte === COLON) this.keyCount++;
    else if (byte === COMMA) {
      if (this.#isInItems) this.valueCount++;
      this.#noteEnd();
    } else if (isClosing(byte)) this.#close(at);
    else if (this.#depth <= 2 && byte > 0x20) this.#noteToken(at, at + 1);
  }

  /** After `run` has stopped where the transcript opens: takes these items as read, and goes on behind the last of them. */
  skipItems(starts: readonly number[], ends: readonly number[]): void {
    if (this.transcript === undefined) return;
    this.transcript.starts = [...starts];
    this.transcript.ends = [...ends];
    this.#at = this.#lastEnd = ends.at(-1) ?? this.#at;
  }

  #noteToken(start: number, end: number): void {
    if (this.#depth === 1 && this.#rootIsObject) {
      if (this.#keyStart < 0) {
        this.#keyStart = start;
        this.#key = this.#bytes[start] === QUOTE ? keyAt(this.#bytes, start, end) : '';
      } else if (this.#valueStart < 0) this.#valueStart = start;
      this.#lastEnd = end;
    } else if (this.#isInItems && this.#depth === 2) {
      if (this.#itemStart < 0) this.#itemStart = start;
      this.#lastEnd = end;
    }
  }

  #noteEnd(): void {
    if (this.#depth === 1 && this.#keyStart >= 0) {
      const place = { keyStart: this.#keyStart, valueStart: this.#valueStart, valueEnd: this.#lastEnd };
      this.fields.push({ key: this.#key, ...place });
      this.#keyStart = this.#valueStart = -1;
    } else if (this.#depth === 2 && this.#isInItems && this.#itemStart >= 0) {
      this.transcript?.starts.push(this.#itemStart);
      this.transcript?.ends.push(this.#lastEnd);
      this.#itemStart = -1;
    }
  }

  /** True: the list that opens is the transcript. */
  #open(at: number, isObject: boolean): boolean {
    if (this.#depth <= 2) this.#noteToken(at, at);
    if (this.#isInItems) this.valueCount++;
    this.depthCount = Math.max(this.depthCount, ++this.#depth);
    if (this.#depth === 1) this.#rootIsObject = isObject;
    if (this.#depth !== 2 || isObject || !this.#rootIsObject || this.transcript !== undefined) return false;
    if (!TRANSCRIPT_KEYS.has(this.#key)) return false;
    this.transcript = { key: this.#key, open: at + 1, starts: [], ends: [] };
    this.#isInItems = true;
    return true;
  }

  #close(at: number): void {
    this.#noteEnd();
    if (this.#depth === 2) this.#isInItems = false;
    this.#depth--;
    this.#lastEnd = at + 1;
  }
}

/** What is no key is found by whoever parses the body. */
function keyAt(bytes: Buffer, start: number, end: number): string {
  try {
    return readKey(bytes, start, end);
  } catch {
    return '';
  }
}
