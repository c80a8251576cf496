import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { byListPrice, needAt } from './baselines.ts';

/** Weight of a new demand above, and below, what was asked for so far. */
const ATTACK = 1;
const RELEASE = 0.3;

/**
 * Demand with hysteresis: follows a rise at once and a fall slowly, d ← d + a·(x − d) with a = 1 up and 0.3 down. A step's
 * demand is where its cheapest sufficient model stands among the candidates by price, from 0 to 1.
 */
export const momentum: ReplayPolicy = {
  name: 'momentum',
  summary: 'Follows rising need at once and falling need slowly, blind to caches.',
  source: 'vllm-project/semantic-router #1458, lemonade #2956 (crm momentum), read 2026-11',
  start(work) {
    const ladder = byListPrice(work);
    const top = Math.max(1, ladder.length - 1);
    let demand: number | undefined;
    let current = 0;
    return {
      choose(view) {
        if (view.isStepStart) {
          demand = nextDemand(demand, ladder.indexOf(needAt(work, view.index)) / top);
          current = ladder[Math.ceil(demand * top - 1e-9)] ?? 0;
        }
        return current;
      },
    };
  },
};

/** The first demand is taken as it is. */
export function nextDemand(before: number | undefined, now: number): number {
  if (before === undefined) return now;
  return before + (now > before ? ATTACK : RELEASE) * (now - before);
}
