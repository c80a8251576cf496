import type { Ms } from '../../domain/time.ts';
import { CLOSE_ARRAY, COMMA, skipSpace } from '../../wires/shared/body/json-tokens.ts';
import { BodyScanner, type BodyLayout } from '../../wires/shared/body/scan-body.ts';
import { parseScanned } from '../../wires/shared/json-bytes.ts';

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

export interface BodyReaderOptions {
  readonly maxDepthCount: number;
  readonly maxHeldBytes: number;
  /** A body that nothing has gone on from for so long is forgotten. */
  readonly idleMs: Ms;
  readonly now: () => Ms;
}

/** Smaller bodies are read as fast as they are found again. */
const MIN_BYTES = 16 * 1024;
/** Held per byte of a body: the byte, and what it was parsed into. */
const HELD_PER_BYTE = 3;
/** Where there is no room, one that was used this lately does not go: else a round of many would find none of theirs. */
const FRESH_MS: Ms = 10_000;
const SWEEP_MS: Ms = 10_000;
/** How transcripts begin tells most of them apart. */
const OPENING_BYTES = 256;

interface KnownBody {
  readonly bucket: string;
  readonly bytes: Buffer;
  readonly open: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly items: readonly unknown[];
  usedAt: Ms;
}

/** How many of a known body's items another one begins with. */
interface Shared {
  readonly known: KnownBody;
  readonly count: number;
}

export function createBodyReader(options: BodyReaderOptions): BodyReader {
  const { maxDepthCount, now } = options;
  const memory = new BodyMemory(options);
  const readAlone = (bytes: Buffer): ReadBody => {
    const layout = new BodyScanner(bytes, maxDepthCount);
    layout.run();
    return { body: parseScanned(bytes, layout, maxDepthCount), layout };
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
      memory.keep(bucket, bytes, read, shared, now());
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
): ReadBody | undefined {
  const { transcript } = scanner;
  if (transcript === undefined) return undefined;
  const shift = transcript.open - known.open;
  const ends = known.ends.slice(0, count).map((end) => end + shift);
  const next = skipSpace(bytes, ends.at(-1) ?? 0);
  const rest = bytes[next] === COMMA ? skipSpace(bytes, next + 1) : next;
  const isList = bytes[rest] === CLOSE_ARRAY ? rest === next : rest > next;
  if (!isList) return undefined;
  scanner.skipItems(
    known.starts.slice(0, count).map((start) => start + shift),
    ends,
  );
  scanner.run();
  const without = Buffer.concat([bytes.subarray(0, transcript.open), bytes.subarray(rest)]);
  const body = parseScanned(without, scanner, maxDepthCount);
  const fresh = body[transcript.key];
  if (!Array.isArray(fresh) || fresh.length !== transcript.starts.length - count) return undefined;
  body[transcript.key] = [...known.items.slice(0, count), ...(fresh as readonly unknown[])];
  return { body, layout: scanner };
}

/** The last bodies of transcripts, the longest unused first. */
class BodyMemory {
  readonly #options: BodyReaderOptions;
  readonly #buckets = new Map<string, Set<KnownBody>>();
  readonly #byUse = new Set<KnownBody>();
  #timer: NodeJS.Timeout | undefined;
  heldBytes = 0;

  constructor(options: BodyReaderOptions) {
    this.#options = options;
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

  keep(bucket: string, bytes: Buffer, { body, layout }: ReadBody, shared: Shared | undefined, now: Ms): void {
    const { transcript } = layout;
    if (transcript === undefined || transcript.ends.length === 0) return;
    // One that shares little is a branch, and goes on beside.
    if (shared !== undefined && 2 * shared.count >= shared.known.ends.length) this.#forget(shared.known);
    const weight = weightOf(bytes);
    for (const oldest of this.#byUse) {
      if (this.heldBytes + weight <= this.#options.maxHeldBytes || now - oldest.usedAt < FRESH_MS) break;
      this.#forget(oldest);
    }
    if (this.heldBytes + weight > this.#options.maxHeldBytes) return;
    const { open, starts, ends } = transcript;
    // A small body may be a slice of what its socket read.
    const own = bytes.buffer.byteLength > 2 * bytes.length ? Buffer.from(bytes) : bytes;
    const items = body[transcript.key] as readonly unknown[];
    const known: KnownBody = { bucket, bytes: own, open, starts, ends, items, usedAt: now };
    const others = this.#buckets.get(bucket);
    if (others === undefined) this.#buckets.set(bucket, new Set([known]));
    else others.add(known);
    this.#byUse.add(known);
    this.heldBytes += weight;
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#buckets.clear();
    this.#byUse.clear();
    this.heldBytes = 0;
  }

  #sweep(): void {
    const now = this.#options.now();
    for (const oldest of this.#byUse) {
      if (now - oldest.usedAt < this.#options.idleMs) return;
      this.#forget(oldest);
    }
    this.clear();
  }

  #forget(known: KnownBody): void {
    if (!this.#byUse.delete(known)) return;
    this.heldBytes -= weightOf(known.bytes);
    const others = this.#buckets.get(known.bucket);
    others?.delete(known);
    if (others?.size === 0) this.#buckets.delete(known.bucket);
  }
}

function weightOf(bytes: Buffer): number {
  return bytes.length * HELD_PER_BYTE;
}

const TIP_BYTES = 64;

/** Whether all of a known body's items stand in another one; those that differ mostly do so at their newest end. */
function isWhole({ bytes: old, open: oldOpen, ends }: KnownBody, bytes: Buffer, open: number): boolean {
  const shift = open - oldOpen;
  const to = ends.at(-1) ?? oldOpen;
  if (to + shift > bytes.length) return false;
  const tip = Math.max(oldOpen, to - TIP_BYTES);
  return [tip, oldOpen].every((from) => old.compare(bytes, from + shift, to + shift, from, to) === 0);
}

/** How many items at the start of a known body stand byte for byte, and with the same bytes between, in another one. */
function sharedCount({ bytes: old, open: oldOpen, ends }: KnownBody, bytes: Buffer, open: number): number {
  const shift = open - oldOpen;
  const isSame = (from: number, to: number): boolean =>
    to + shift <= bytes.length && old.compare(bytes, from + shift, to + shift, from, to) === 0;
  let low = 0;
  let high = ends.length;
  let from = oldOpen;
  for (let middle = high; low < high; middle = (low + high + 1) >> 1) {
    const to = ends[middle - 1] ?? from;
    if (isSame(from, to)) [low, from] = [middle, to];
    else high = middle - 1;
  }
  return low;
}
