import type { Ms, Ratio } from '../domain/time.ts';
import { RETURN_EDGES_MS, type PauseContext, type ReturnCounts, type ReturnTable, type WaitFor } from './returns.ts';

/** When the next call of a waiting thread comes, as of the call before. */
export interface ReturnHazard {
  /** P(it has come) at each bound of `RETURN_EDGES_MS`; what is missing to 1 at the last never comes. */
  readonly byEdge: readonly Ratio[];
  /** Share of the prefix that a late return still begins with. */
  readonly keptRatio: Ratio;
}

/** How many pauses the wider context is worth against the narrower one's own. */
const PRIOR_PAUSES = 60;
/** The same for what was learned from other sessions against the thread's own. */
const LEARNED_PAUSES = 20;
/** What an own pause still counts when another has come: a thread's tempo changes. */
const FADING_RATIO = 0.97;

/** From the widest context to the narrowest that is counted. */
export function contextKeys({ waitFor, hasPaused, callCount, promptTokens }: PauseContext): readonly string[] {
  const wide = `${waitFor}|${hasPaused ? 'paused' : 'steady'}`;
  const place = callCount <= 3 ? 'opening' : callCount <= 30 ? 'early' : 'late';
  return [waitFor, wide, `${wide}|${place}|${promptTokens < 60_000 ? 'short' : 'long'}`];
}

/** The returns that a thread has seen, per bound, older ones counting less. Plain JSON. */
export type OwnReturns = Readonly<Partial<Record<WaitFor, readonly number[]>>>;

export function observeReturn(own: OwnReturns, waitFor: WaitFor, gapMs: Ms): OwnReturns {
  const before = own[waitFor] ?? RETURN_EDGES_MS.map(() => 0);
  const edge = RETURN_EDGES_MS.findIndex((bound) => gapMs <= bound);
  if (edge < 0) return own;
  return { ...own, [waitFor]: before.map((count, index) => count * FADING_RATIO + (index === edge ? 1 : 0)) };
}

/**
 * The distribution of the next return: counts of each narrower context drawn towards the wider one's, and the thread's own
 * drawn towards those of others. Nothing known of a context: it never comes. Pure.
 */
export function returnHazard(table: ReturnTable, context: PauseContext, own: OwnReturns = {}): ReturnHazard {
  const keys = contextKeys(context);
  let shares = keys.reduce<readonly Ratio[]>((wider, key) => drawn(table.counts[key], wider, PRIOR_PAUSES), []);
  const seen = own[context.waitFor];
  if (seen !== undefined) shares = drawn({ returned: seen, never: 0 }, shares, LEARNED_PAUSES);
  let sum = 0;
  const byEdge = RETURN_EDGES_MS.map((_, index) => (sum = Math.min(1, sum + (shares[index] ?? 0))));
  return { byEdge, keptRatio: table.keptRatio[context.waitFor] ?? 1 };
}

/** Share per bound: the context's own counts beside `strength` pauses of the wider one. */
function drawn(counts: ReturnCounts | undefined, wider: readonly Ratio[], strength: number): readonly Ratio[] {
  if (counts === undefined) return wider;
  const weight = wider.length === 0 ? 0 : strength;
  const all = counts.returned.reduce((sum, count) => sum + count, counts.never) + weight;
  if (all === 0) return wider;
  return RETURN_EDGES_MS.map((_, index) => ((counts.returned[index] ?? 0) + weight * (wider[index] ?? 0)) / all);
}

/** P(the next call has come `ms` after the one before). Between bounds returns are spread evenly over the logarithm of time. */
export function returnedBy({ byEdge }: ReturnHazard, ms: Ms): Ratio {
  if (ms <= 0) return 0;
  const index = RETURN_EDGES_MS.findIndex((edge) => ms < edge);
  if (index < 0) return byEdge.at(-1) ?? 0;
  const upper = RETURN_EDGES_MS[index] ?? ms;
  const lower = RETURN_EDGES_MS[index - 1] ?? 1000;
  const before = byEdge[index - 1] ?? 0;
  const within = ms <= lower ? 0 : Math.log(ms / lower) / Math.log(upper / lower);
  return before + ((byEdge[index] ?? 0) - before) * within;
}

/** P(it comes after `idleMs` and within `untilMs` | it has not come by `idleMs`). */
export function returnsWithin(hazard: ReturnHazard, idleMs: Ms, untilMs: Ms): Ratio {
  const gone = returnedBy(hazard, idleMs);
  return gone >= 1 ? 0 : Math.max(0, returnedBy(hazard, untilMs) - gone) / (1 - gone);
}
