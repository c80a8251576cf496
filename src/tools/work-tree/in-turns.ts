import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ms } from '../../domain/time.ts';

/** What else this thread does, such as a gateway's calls, waits no longer than this. */
const TURN_MS: Ms = 5;

/**
 * Does the same to many things, one after the other, and lets others have the thread in between. For calls to the system that
 * return at once: through the pool of threads each costs many times what it does.
 */
export async function inTurns<Item>(items: Iterable<Item>, act: (item: Item) => void): Promise<void> {
  let until = performance.now() + TURN_MS;
  for (const item of items) {
    act(item);
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + TURN_MS;
  }
}
