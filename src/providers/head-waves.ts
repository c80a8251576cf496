import { SECOND_MS, type At, type Ms } from '../domain/time.ts';

/** A call's part in a wave. */
export interface HeadTurn {
  /** Called once its answer has begun, or will not: others may read what it wrote, or must write it themselves. */
  readonly end: (isReadable: boolean) => void;
}

/** Calls that begin with the same system and tools on the same model, at the same time. */
export interface HeadWaves {
  /**
   * Where somebody is writing the head, waits until that can be read, at most so long. Whoever comes first to a head that is not
   * known to be warm writes it.
   */
  join(
    head: string,
    of: {
      readonly ttlMs: Ms;
      readonly mayWaitMs: Ms;
      readonly signal: AbortSignal;
      readonly onWait?: () => void;
    },
  ): Promise<HeadTurn>;
}

const MAX_HEADS = 1000;
/** Nobody waits longer than this for another's answer to begin. */
export const MAX_HEAD_WAIT_MS: Ms = 10 * SECOND_MS;

/** How long waiting for a head is worth at a price of waiting, both in nano-USD. */
export function waitWorth(savedNanoUsd: number, nanoUsdPerSecond: number): Ms {
  return nanoUsdPerSecond <= 0 ? MAX_HEAD_WAIT_MS : (savedNanoUsd / nanoUsdPerSecond) * SECOND_MS;
}

interface Writing {
  readonly kind: 'writing';
  /** `performance.now()` when it began. */
  readonly sinceMs: Ms;
  readonly ended: Promise<void>;
}

type HeadState = Writing | { readonly kind: 'warm'; readonly until: At };

/** An entry of a cache can be read from when the answer of who wrote it begins (Anthropic): side by side, all would write. */
export function createHeadWaves(now: () => At): HeadWaves {
  const heads = new Map<string, HeadState>();
  const set = (head: string, state: HeadState): void => {
    heads.delete(head);
    heads.set(head, state);
    for (const oldest of heads.keys()) {
      if (heads.size <= MAX_HEADS) break;
      heads.delete(oldest);
    }
  };
  const warm = (head: string, ttlMs: Ms) => (isReadable: boolean) => {
    if (isReadable) set(head, { kind: 'warm', until: now() + ttlMs });
  };
  return {
    async join(head, { ttlMs, mayWaitMs, signal, onWait }) {
      const mostUntilMs = performance.now() + Math.min(mayWaitMs, MAX_HEAD_WAIT_MS);
      let state = heads.get(head);
      let hasWaited = false;
      // Who wrote it may have failed: then the next of those who wait does. One that hangs keeps nobody who comes later.
      while (state?.kind === 'writing' && !signal.aborted) {
        const leftMs = Math.min(mostUntilMs, state.sinceMs + MAX_HEAD_WAIT_MS) - performance.now();
        if (leftMs <= 0) break;
        if (!hasWaited) onWait?.();
        hasWaited = true;
        await endOf(state.ended, leftMs, signal);
        state = heads.get(head);
      }
      if (state?.kind === 'writing' || (state?.kind === 'warm' && now() <= state.until))
        return { end: warm(head, ttlMs) };
      const { promise, resolve } = Promise.withResolvers<void>();
      const writing: Writing = { kind: 'writing', sinceMs: performance.now(), ended: promise };
      set(head, writing);
      return {
        end: (isReadable) => {
          if (heads.get(head) === writing) heads.delete(head);
          warm(head, ttlMs)(isReadable);
          resolve();
        },
      };
    },
  };
}

/** Waits for an end, so long at most, and no longer than its caller does. Leaves no timer and no listener behind. */
async function endOf(ended: Promise<void>, atMostMs: Ms, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  const timer = setTimeout(stop, Math.ceil(atMostMs));
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([ended, promise]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
