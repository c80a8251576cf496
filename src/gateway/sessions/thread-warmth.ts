import type { Ratio } from '../../domain/time.ts';
import type { WarmthQuery } from '../../warmth/warmth-at.ts';
import type { Thread } from './session-store.ts';

/** What is asked of the caches that a thread has warmed, for a call that would go on with it. */
export function warmthQueryOf(
  { name }: Pick<Thread, 'name'>,
  { now, trigger, account, effort }: Pick<WarmthQuery, 'now' | 'trigger' | 'account' | 'effort'>,
): WarmthQuery {
  return { now, trigger, account, effort, transcript: name, chain: undefined, reanchors: true };
}

/** A model of which a smaller share of the prompt is warm than this has to write most of it again. */
export const HELD_RATIO: Ratio = 0.5;
