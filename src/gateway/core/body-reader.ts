import type { Ms } from '../../domain/time.ts';
import { ByteRope, ownCopy } from '../../wires/shared/body/byte-rope.ts';
import { CLOSE_ARRAY, COMMA, skipSpace } from '../../wires/shared/body/json-tokens.ts';
import { BodyScanner, type BodyLayout } from '../../wires/shared/body/scan-body.ts';
import { parseScanned } from '../../wires/shared/json-bytes.ts';
import { HeldByUse, type HeldItem, type HeldOptions } from './held-by-use.ts';

/** A body that came over the wire, and where its parts stand. */
export interface ReadBody {
  readonly body: Record<string, unknown>;
  readonly layout: BodyLayout;
}

/** Reads the bodies of transcripts that grow: what it has read of one before is not read again. */
export interface BodyReader {
  /**
   * The same as reading it by itself, and the very same items where their bytes are those of an earlier body of the owner:
   * nobody may change what is returned.
   * @throws PointsmanError `request-invalid` as `parseBody`
   */
  read(owner: string, bytes: Buffer): ReadBody;
  /** What earlier bodies take, about, as bytes and as values. */
  readonly heldBytes: number;
  /** Forgets all. */
  close(): void;
}

export interface BodyReaderOptions extends HeldOptions {
  readonly maxDepthCount: number;
}

/** Smaller bodies are read as fast as they are found again. */
const MIN_BYTES = 16 * 1024;
/** Held per byte of a body: the byte, and the text that it was parsed into. */
const HELD_PER_BYTE = 3;
/** Held per value beside its text, and what says where it stands: measured, for lists and objects of next to nothing. */
const HELD_PER_VALUE = 64;
/** How transcripts begin tells most of them apart. */
const OPENING_BYTES = 256;

interface KnownBody extends HeldItem {
  readonly bucket: string;
  /** Of the transcript's items, from `open` to the end of the last one. */
  readonly bytes: ByteRope;
  readonly open: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly items: readonly unknown[];
  readonly valueCount: number;
}

/** How many of a known body's items another one begins with. */
interface Shared {
  readonly known: KnownBody;
  readonly count: number;
}

/** With how many values its transcript has, about. */
interface CountedBody extends ReadBody {
  readonly valueCount: number;
}

export function createBodyReader(options: BodyReaderOptions): BodyReader {
  const { maxDepthCount } = options;
  const memory = new BodyMemory(options);
  const readAlone = (bytes: Buffer): CountedBody => {
    const layout = new BodyScanner(bytes, maxDepthCount);
    layout.run();
    return { body: parseScanned(bytes, layout, maxDepthCount), layout, valueCount: layout.valueCount };
  };
  return {
    read(owner, bytes) {
      if (bytes.length < MIN_BYTES) return readAlone(bytes);
      const scanner = new BodyScanner(bytes, maxDepthCount);
      if (!scanner.run(true) || scanner.transcript === undefined) return readAlone(bytes);
      const { key, open } = scanner.transcript;
      const bucket = `${owner}\n${key}\n${bytes.toString('latin1', open, Math.min(bytes.length, open + OPENING_BYTES))}`;
      const shared = memory.find(bucket, bytes, open);
      const read = (shared && readOn(bytes, scanner, shared, maxDepthCount)) ?? readAlone(bytes);
      memory.keep(bucket, bytes, read, shared);
      return read;
    },
    get heldBytes() {
      return memory.heldBytes;
    },
    close: () => memory.clear(),
  };
}

/**
 * Reads what is new: the body without the items that are known is a body too, and checked as one. `undefined`: it does not go
 * on as a list does behind them, and is read by itself.
 */
function readOn(
  bytes: Buffer,
  scanner: BodyScanner,
  { known, count }: Shared,
  maxDepthCount: number,
): CountedBody | undefined {
  const { transcript } = scanner;
  if (transcript === undefined) return undefined;
  const shift = transcript.open - known.open;
  const ends = known.ends.slice(0, count).map((end) => end + shift);
  const end = ends.at(-1) ?? 0;
  const next = skipSpace(bytes, end);
  const rest = bytes[next] === COMMA ? next + 1 : next;
  const isList = bytes[skipSpace(bytes, rest)] === CLOSE_ARRAY ? rest === next : rest > next;
  if (!isList) return undefined;
  scanner.skipItems(
    known.starts.slice(0, count).map((start) => start + shift),
    ends,
  );
  scanner.run();
  // What stands before the comma stays: not every byte that is stepped over as space is one to JSON.
  const without = Buffer.concat([bytes.subarray(0, transcript.open), bytes.subarray(end, next), bytes.subarray(rest)]);
  const body = parseScanned(without, scanner, maxDepthCount);
  const fresh = body[transcript.key];
  if (!Array.isArray(fresh) || fresh.length !== transcript.starts.length - count) return undefined;
  body[transcript.key] = [...known.items.slice(0, count), ...(fresh as readonly unknown[])];
  const knownRatio = (end - transcript.open) / ((known.ends.at(-1) ?? end) - known.open);
  return { body, layout: scanner, valueCount: scanner.valueCount + known.valueCount * knownRatio };
}

/** The last bodies of transcripts, by how they begin. */
class BodyMemory {
  readonly #now: () => Ms;
  readonly #buckets = new Map<string, Set<KnownBody>>();
  readonly #held: HeldByUse<KnownBody>;

  constructor(options: HeldOptions) {
    this.#now = options.now;
    this.#held = new HeldByUse(options, (known) => {
      const alike = this.#buckets.get(known.bucket);
      alike?.delete(known);
      if (alike?.size === 0) this.#buckets.delete(known.bucket);
    });
  }

  get heldBytes(): number {
    return this.#held.heldBytes;
  }

  /** The known body that shares most with this one. */
  find(bucket: string, bytes: Buffer, open: number): Shared | undefined {
    const alike = this.#buckets.get(bucket) ?? [];
    // Most calls only append.
    for (const known of alike) if (isWhole(known, bytes, open)) return { known, count: known.ends.length };
    let best: Shared | undefined;
    for (const known of alike) {
      const count = sharedCount(known, bytes, open);
      if (count > (best?.count ?? 0)) best = { known, count };
    }
    return best;
  }

  keep(bucket: string, bytes: Buffer, { body, layout, valueCount }: CountedBody, shared: Shared | undefined): void {
    const { transcript } = layout;
    if (transcript === undefined || transcript.ends.length === 0) return;
    // One that shares little is a branch, and goes on beside.
    if (shared !== undefined && 2 * shared.count >= shared.known.ends.length) this.#held.forget(shared.known);
    const known: KnownBody = {
      bucket,
      bytes: itemBytes(bytes, transcript, shared),
      ...transcript,
      items: body[transcript.key] as readonly unknown[],
      valueCount,
      heldBytes: bytes.length * HELD_PER_BYTE + valueCount * HELD_PER_VALUE,
      usedAt: this.#now(),
    };
    if (!this.#held.add(known)) return;
    const alike = this.#buckets.get(bucket);
    if (alike === undefined) this.#buckets.set(bucket, new Set([known]));
    else alike.add(known);
  }

  clear(): void {
    this.#held.clear();
  }
}

const TIP_BYTES = 64;

/** What is shared with a known body lies in its memory already, and only what is new is copied out of a body that soon dies. */
function itemBytes(
  bytes: Buffer,
  { open, ends }: Pick<KnownBody, 'open' | 'ends'>,
  shared: Shared | undefined,
): ByteRope {
  const to = ends.at(-1) ?? open;
  if (shared === undefined || shared.count === 0) return new ByteRope([ownSlice(bytes, open, to)]);
  const { known, count } = shared;
  const length = (known.ends[count - 1] ?? known.open) - known.open;
  return new ByteRope([...known.bytes.slices(0, length), ownCopy(bytes, open + length, to)]);
}

/** A small body may be a slice of what its socket read. */
function ownSlice(bytes: Buffer, from: number, to: number): Buffer {
  return bytes.buffer.byteLength > 2 * (to - from) ? ownCopy(bytes, from, to) : bytes.subarray(from, to);
}

/** Whether all of a known body's items stand in another one; those that differ mostly do so at their newest end. */
function isWhole({ bytes: old, open: oldOpen, ends }: KnownBody, bytes: Buffer, open: number): boolean {
  const to = (ends.at(-1) ?? oldOpen) - oldOpen;
  const tip = Math.max(0, to - TIP_BYTES);
  return [tip, 0].every((from) => old.standsIn(bytes, open + from, from, to));
}

/** How many items at the start of a known body stand byte for byte, and with the same bytes between, in another one. */
function sharedCount({ bytes: old, open: oldOpen, ends }: KnownBody, bytes: Buffer, open: number): number {
  let low = 0;
  let high = ends.length;
  let from = 0;
  for (let middle = high; low < high; middle = (low + high + 1) >> 1) {
    const to = (ends[middle - 1] ?? oldOpen) - oldOpen;
    if (old.standsIn(bytes, open + from, from, to)) [low, from] = [middle, to];
    else high = middle - 1;
  }
  return low;
}
