import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ms } from '../domain/time.ts';

/** Shares the event loop with others while much is computed. */
export interface Turns {
  /** Lets others have their turn where it was not theirs for a while. */
  share(): Promise<void>;
}

const TURN_MS: Ms = 50;

export function createTurns(): Turns {
  let sharedAt = performance.now();
  return {
    async share() {
      if (performance.now() - sharedAt < TURN_MS) return;
      await nextTurn();
      sharedAt = performance.now();
    },
  };
}
