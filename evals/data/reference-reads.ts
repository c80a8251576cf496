import type { BlockSession } from './block-sessions.ts';

/** The default class at Anthropic (2026-11): five minutes after the last use. */
const REFERENCE_TTL_MS = 300_000;
/** The least prompt that any of the recorded models caches. */
const LEAST_TOKENS = 1024;

/**
 * What each request of a session would have read from the vendor's cache: the one definition that forecasts are held against.
 * The log does not say what was read, so this is inferred, never measured.
 *
 * 1. A model's cache holds blocks; a request writes every block of its prompt or renews it (a read renews, as the vendor states).
 * 2. A block is held for five minutes after its last use. Models share nothing; threads of one session share a model's cache.
 * 3. A request reads the leading blocks of its prompt that are all held, none where these are fewer than 1,024 tokens.
 * 4. What a request of another thread wrote can be read once its answer has begun; within a thread requests never overlap.
 *
 * Tokens per request, in the order of `session.requests`.
 */
export function referenceReads(session: BlockSession): readonly number[] {
  const caches = new Map<string, Map<number, Use[]>>();
  return session.requests.map((request) => {
    const cache = caches.get(request.model) ?? new Map<number, Use[]>();
    caches.set(request.model, cache);
    const isHeld = ({ at, readableAt, thread }: Use): boolean =>
      request.at - at <= REFERENCE_TTL_MS && (thread === request.thread || readableAt <= request.at);
    let count = 0;
    while (count < request.blocks.length && (cache.get(request.blocks[count] ?? -1) ?? []).some(isHeld)) count += 1;
    for (const block of request.blocks) use(cache, block, request);
    const tokens = count * session.blockTokens;
    return tokens < LEAST_TOKENS ? 0 : tokens;
  });
}

interface Use {
  readonly thread: string;
  at: number;
  readableAt: number;
}

/** Of each thread only the latest use can matter later; a block that is renewed could be read since it was first there. */
function use(cache: Map<number, Use[]>, block: number, { thread, at, readableAt }: Use): void {
  const uses = cache.get(block);
  const own = uses?.find((one) => one.thread === thread);
  if (uses === undefined) cache.set(block, [{ thread, at, readableAt }]);
  else if (own === undefined) uses.push({ thread, at, readableAt });
  else {
    own.readableAt = at - own.at <= REFERENCE_TTL_MS ? Math.min(own.readableAt, readableAt) : readableAt;
    own.at = at;
  }
}
