import { SECOND_MS, type At, type Ms } from '../../domain/time.ts';

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
    of: { readonly ttlMs: Ms; readonly mayWaitMs: Ms; readonly signal: AbortSignal },
  ): Promise<HeadTurn>;
}

const MAX_HEADS = 1000;
/** Nobody waits longer than this for another's answer to begin. */
export const MAX_HEAD_WAIT_MS: Ms = 10 * SECOND_MS;

interface Writing {
  readonly kind: 'writing';
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
    async join(head, { ttlMs, mayWaitMs, signal }) {
      const limit = AbortSignal.any([
        signal,
        AbortSignal.timeout(Math.max(0, Math.floor(Math.min(mayWaitMs, MAX_HEAD_WAIT_MS)))),
      ]);
      let state = heads.get(head);
      // Who wrote it may have failed: then the next of those who wait does.
      while (state?.kind === 'writing' && !limit.aborted) {
        await Promise.race([state.ended, aborted(limit)]);
        state = heads.get(head);
      }
      if (state?.kind === 'writing' || (state?.kind === 'warm' && now() <= state.until))
        return { end: warm(head, ttlMs) };
      const { promise, resolve } = Promise.withResolvers<void>();
      const writing: Writing = { kind: 'writing', ended: promise };
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
