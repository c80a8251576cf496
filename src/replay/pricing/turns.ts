import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ms } from '../../domain/time.ts';
import type { Interruptible } from '../simulation/interruptible.ts';

/** Shares the event loop with others while much is computed. */
export interface Turns {
  /** Does the work, and lets others have their turn where it was not theirs for a while, Ctrl-C among them. `undefined`: it was stopped. */
  run<Result>(work: Interruptible<Result>, stop: AbortSignal | undefined): Promise<Result | undefined>;
}

const TURN_MS: Ms = 25;

export function createTurns(): Turns {
  let sharedAt = performance.now();
  return {
    async run(work, stop) {
      for (;;) {
        const step = work.next();
        if (step.done === true) return step.value;
        if (performance.now() - sharedAt < TURN_MS) continue;
        await nextTurn();
        sharedAt = performance.now();
        if (stop?.aborted === true) return undefined;
      }
    },
  };
}
