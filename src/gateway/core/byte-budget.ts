/** Bytes that a process may hold at once for one purpose, whoever asks. */
export interface ByteBudget {
  /** True: the bytes are taken, until they are given back. For small amounts: it asks nobody who waits. */
  tryTake(bytes: number): boolean;
  /** Waits for the bytes in turn; false when they did not come free in time. */
  take(bytes: number, waitMs: number): Promise<boolean>;
  giveBack(bytes: number): void;
  readonly heldBytes: number;
}

interface Waiting {
  readonly bytes: number;
  readonly settle: (isTaken: boolean) => void;
}

export function createByteBudget(maxBytes: number): ByteBudget {
  let heldBytes = 0;
  const waiting = new Set<Waiting>();
  const tryTake = (bytes: number): boolean => {
    // What is larger than the whole budget goes alone.
    if (heldBytes > 0 && heldBytes + bytes > maxBytes) return false;
    heldBytes += bytes;
    return true;
  };
  return {
    tryTake,
    async take(bytes, waitMs) {
      if (waiting.size === 0 && tryTake(bytes)) return true;
      return new Promise((resolve) => {
        const one: Waiting = {
          bytes,
          settle: (isTaken) => {
            clearTimeout(timer);
            waiting.delete(one);
            resolve(isTaken);
          },
        };
        const timer = setTimeout(() => one.settle(false), waitMs);
        waiting.add(one);
      });
    },
    giveBack(bytes) {
      heldBytes -= bytes;
      for (const one of waiting) {
        if (!tryTake(one.bytes)) return;
        one.settle(true);
      }
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
