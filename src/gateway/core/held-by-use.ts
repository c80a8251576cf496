import type { Ms, Ratio } from '../../domain/time.ts';

export interface HeldOptions {
  readonly maxHeldBytes: number;
  /** What nobody has used for so long is forgotten. */
  readonly idleMs: Ms;
  readonly now: () => Ms;
}

/** Something that is held for a next call. */
export interface HeldItem {
  readonly heldBytes: number;
  usedAt: Ms;
}

/** Where there is no room, what was used this lately does not go: else a round of many would find none of theirs. */
const FRESH_MS: Ms = 10_000;
/** Past this share of the room what nobody has used for so long goes, too: a storm has passed, and its memory is given back. */
const REST_SHARE: Ratio = 1 / 6;
const REST_MS: Ms = 20_000;
const SWEEP_MS: Ms = 10_000;

/** What is held for next calls, within a bound of bytes and of time; the longest unused goes first. */
export class HeldByUse<Item extends HeldItem> {
  heldBytes = 0;
  readonly #options: HeldOptions;
  readonly #onForget: (item: Item) => void;
  readonly #items = new Set<Item>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeldOptions, onForget: (item: Item) => void) {
    this.#options = options;
    this.#onForget = onForget;
  }

  /** False: there is no room for it. */
  add(item: Item): boolean {
    const { maxHeldBytes } = this.#options;
    if (item.heldBytes > maxHeldBytes) return false;
    for (const oldest of this.#items) {
      if (this.heldBytes + item.heldBytes <= maxHeldBytes || item.usedAt - oldest.usedAt < FRESH_MS) break;
      this.forget(oldest);
    }
    if (this.heldBytes + item.heldBytes > maxHeldBytes) return false;
    this.#items.add(item);
    this.heldBytes += item.heldBytes;
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return true;
  }

  forget(item: Item): void {
    if (!this.#items.delete(item)) return;
    this.heldBytes -= item.heldBytes;
    this.#onForget(item);
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const item of this.#items) this.forget(item);
  }

  #sweep(): void {
    const now = this.#options.now();
    for (const oldest of this.#items) {
      const isCrowded = this.heldBytes > this.#options.maxHeldBytes * REST_SHARE;
      if (now - oldest.usedAt < (isCrowded ? REST_MS : this.#options.idleMs)) return;
      this.forget(oldest);
    }
    this.clear();
  }
}
