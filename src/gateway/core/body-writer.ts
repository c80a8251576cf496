import { isRawNumber } from '../../domain/json.ts';
import { ByteRope } from '../../wires/shared/body/byte-rope.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { HeldByUse, type HeldItem, type HeldOptions } from './held-by-use.ts';

/** Writes the bodies of translated calls: what a transcript's earlier body says in the same words is not written again. */
export interface BodyWriter {
  /**
   * The bytes of `JSON.stringify(body)`, which is plain JSON, those of an earlier body in its own memory. The transcript is whatever object the bodies of one have in
   * common.
   */
  write(transcript: object, body: Readonly<Record<string, unknown>>): ByteRope;
  readonly heldBytes: number;
  close(): void;
}

/** Smaller bodies are written as fast as they are compared. */
const MIN_BYTES = 16 * 1024;
/** Held per byte of a body: the byte, and about as much of the values it was written from. */
const HELD_PER_BYTE = 2;

interface WrittenBody extends HeldItem {
  readonly transcript: object;
  readonly bytes: ByteRope;
  readonly fields: ReadonlyMap<string, WrittenField>;
}

interface WrittenField {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
  /** Of a list: where each of its items ends. */
  readonly ends: readonly number[];
}

export function createBodyWriter(options: HeldOptions): BodyWriter {
  const written = new WeakMap<object, WrittenBody>();
  const held = new HeldByUse<WrittenBody>(options, ({ transcript }) => written.delete(transcript));
  return {
    write(transcript, body) {
      const before = written.get(transcript);
      const writer = new Pieces(before);
      const { bytes, fields, repeat } = writer.write(body);
      if (before !== undefined) held.forget(before);
      if (bytes.length >= MIN_BYTES) {
        const heldBytes = bytes.length * HELD_PER_BYTE;
        const now = { transcript, bytes: heldOf(bytes, before, repeat), fields, heldBytes, usedAt: options.now() };
        if (held.add(now)) written.set(transcript, now);
      }
      return bytes;
    },
    get heldBytes() {
      return held.heldBytes;
    },
    close: () => held.clear(),
  };
}

/** Bytes that stand in the earlier body as they stand in this one, up to the end of the field that begins with them. */
interface Repeat {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  fieldEnd: number;
}

/** Shares with the earlier body's memory the longest of what both say: that is how a transcript grows. */
function heldOf(bytes: ByteRope, before: WrittenBody | undefined, repeat: Repeat | undefined): ByteRope {
  if (before === undefined || repeat === undefined || 2 * (repeat.to - repeat.from) < bytes.length)
    return new ByteRope([bytes.toBuffer()]);
  const end = repeat.at + repeat.to - repeat.from;
  return new ByteRope([
    bytes.ownCopy(0, repeat.at),
    ...before.bytes.slices(repeat.from, repeat.to),
    bytes.ownCopy(end, repeat.fieldEnd),
    bytes.ownCopy(repeat.fieldEnd, bytes.length),
  ]);
}

/** One body, piece by piece. */
class Pieces {
  readonly #before: WrittenBody | undefined;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #text = '';
  #longest: Repeat | undefined;

  constructor(before: WrittenBody | undefined) {
    this.#before = before;
  }

  write(body: Readonly<Record<string, unknown>>): {
    readonly bytes: ByteRope;
    readonly fields: WrittenBody['fields'];
    readonly repeat: Repeat | undefined;
  } {
    const fields = new Map<string, WrittenField>();
    this.#say('{');
    for (const [key, value] of Object.entries(body)) {
      const known = this.#before?.fields.get(key);
      if (value === undefined) continue;
      this.#say(`${fields.size === 0 ? '' : ','}${JSON.stringify(key)}:`);
      fields.set(key, Array.isArray(value) ? this.#list(value, known) : this.#value(value, known));
    }
    this.#say('}');
    this.#flush();
    return { bytes: new ByteRope(this.#pieces), fields, repeat: this.#longest };
  }

  #value(value: unknown, known: WrittenField | undefined): WrittenField {
    const start = this.#at();
    const isKnown = known !== undefined && isSame(value, known.value);
    if (isKnown) this.#repeat(known.start, known.end);
    else this.#say(JSON.stringify(value));
    return { value: isKnown ? known.value : value, start, end: this.#at(), ends: [] };
  }

  /** Items that stand in a list as they stood are repeated together. */
  #list(values: readonly unknown[], known: WrittenField | undefined): WrittenField {
    const start = this.#at();
    const count = known === undefined ? 0 : sharedCount(values, known.value);
    const { repeat, ends } = this.#repeatItems(known, count, start);
    if (repeat === undefined) this.#say('[');
    for (const value of values.slice(count)) {
      this.#say(`${ends.length === 0 ? '' : ','}${JSON.stringify(value) ?? 'null'}`);
      ends.push(this.#at());
    }
    this.#say(']');
    const end = this.#at();
    if (repeat !== undefined) repeat.fieldEnd = end;
    return { value: asKnown(values, known?.value, count), start, end, ends };
  }

  #say(text: string): void {
    this.#text += text;
  }

  /** Their ends as they stand in this body. */
  #repeatItems(known: WrittenField | undefined, count: number, start: number): { repeat?: Repeat; ends: number[] } {
    if (known === undefined || count === 0) return { ends: [] };
    const ends = known.ends.slice(0, count);
    const repeat = this.#repeat(known.start, ends.at(-1) ?? known.start);
    return { repeat, ends: ends.map((end) => end + start - known.start) };
  }

  /** Repeats bytes of the earlier body. */
  #repeat(from: number, to: number): Repeat {
    this.#flush();
    const repeat = { from, to, at: this.#length, fieldEnd: this.#length + to - from };
    for (const piece of this.#before?.bytes.slices(from, to) ?? []) {
      this.#pieces.push(piece);
      this.#length += piece.length;
    }
    const longest = this.#longest;
    if (longest === undefined || longest.to - longest.from < to - from) this.#longest = repeat;
    return repeat;
  }

  #at(): number {
    this.#flush();
    return this.#length;
  }

  #flush(): void {
    if (this.#text === '') return;
    const piece = Buffer.from(this.#text);
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#text = '';
  }
}

/** A list by the objects that it was known by: new ones that say the same die with their call, and never grow old. */
function asKnown(values: readonly unknown[], old: unknown, count: number): readonly unknown[] {
  return Array.isArray(old) && count > 0 ? [...old.slice(0, count), ...values.slice(count)] : values;
}

/** How many items a list begins with that stood there before. */
function sharedCount(values: readonly unknown[], old: unknown): number {
  if (!Array.isArray(old)) return 0;
  let count = 0;
  while (count < values.length && count < old.length && isSame(values[count], old[count])) count += 1;
  return count;
}

/** Whether two plain values are the same JSON text. Texts are mostly the same object, so that this reads few of them. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  return Array.isArray(one)
    ? isSameList(one, other as readonly unknown[])
    : isSameObject(one as Fields, other as Fields);
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (!isSame(one[index], other[index])) return false;
  return true;
}

function isSameObject(one: Fields, other: Fields): boolean {
  // A number that is kept as its digits looks like an object that has them as a text.
  if (isRawNumber(one) !== isRawNumber(other)) return false;
  const keys = Object.keys(one);
  const others = Object.keys(other);
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (key !== others[index] || !isSame(one[key], other[key])) return false;
  }
  return true;
}
